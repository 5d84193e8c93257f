/** Where the page begins: from a server, or from the file that it stands in. */
import "./styles/base.css";
import "./styles/chart.css";
import "./styles/parts.css";
import "./styles/pages.css";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { exportedRun } from "./data/file-source.ts";
import { ExportedRun } from "./exported.tsx";
import { restoreTheme } from "./parts/top-bar.tsx";

restoreTheme();
const place = document.getElementById("app");
const held = exportedRun();
if (place) createRoot(place).render(held === null ? <App /> : <ExportedRun held={held} />);
