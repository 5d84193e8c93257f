/** A long text of which a few lines are shown, and all of it when somebody asks for it: so what follows stays in sight. */
import { useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { shown } from "./words.ts";

export function Folded({ text, className }: { readonly text: string; readonly className: string }): ReactNode {
  const paragraph = useRef<HTMLParagraphElement>(null);
  const [open, setOpen] = useState(false);
  const [cut, setCut] = useState(false);
  useLayoutEffect(() => {
    const own = paragraph.current;
    if (own === null) return undefined;
    const look = (): void => setCut(own.scrollHeight > own.clientHeight + 1);
    look();
    const watch = new ResizeObserver(look);
    watch.observe(own);
    return () => watch.disconnect();
  }, [text, open]);
  return (
    <div className="folded">
      <p ref={paragraph} className={open ? className : `${className} folded-text`}>
        {shown(text)}
      </p>
      {cut || open ? (
        <button type="button" className="link" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Show its beginning" : "Read all of it"}
        </button>
      ) : null}
    </div>
  );
}
