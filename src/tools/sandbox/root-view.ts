/**
 * What a command sees as `/`: programs and libraries of this machine, made-up accounts, and nothing of anybody's home.
 *
 * V1. Read-only all of it but the workspace, /tmp and /dev/shm, which are the command's own and bounded.
 * V2. Nothing of /root, /home, /var, /run, /sys; of /etc only what programs need to start and to check certificates.
 * V3. /proc is the command's own and read-only as a whole: to a sandbox of root's, /proc/sys/kernel/core_pattern would be the way out.
 * V4. `node` is the Node that runs cadre, wherever it is installed, with its npm where there is one. The workspace's own
 *     `node_modules/.bin` comes last in PATH, so that nothing put there stands for a program of the system.
 */
import fs from "node:fs";
import { basename, dirname } from "node:path";

export const workspacePlace = "/workspace";
const nodePlace = "/opt/cadre";

/** All that a command's environment holds (R8). */
export const commandEnvironment: Readonly<Record<string, string>> = {
  PATH: `${nodePlace}/bin:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin:${workspacePlace}/node_modules/.bin`,
  HOME: "/tmp",
  USER: "cadre",
  LANG: "C.UTF-8",
  TERM: "dumb",
  CI: "1",
  // Compiled files beside the sources would stand in the run's change set.
  PYTHONDONTWRITEBYTECODE: "1",
};

const fromEtc = [
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "alternatives",
  "ssl/certs",
  "ssl/openssl.cnf",
  "ca-certificates",
  "pki/tls/certs",
  "pki/ca-trust/extracted",
  "localtime",
  "mime.types",
  "protocols",
  "services",
];

/** Arguments of bwrap for the parts that are the same for every command on this machine. */
export function systemView(node: string): string[] {
  return [
    "--ro-bind",
    "/usr",
    "/usr",
    ...["bin", "sbin", "lib", "lib32", "lib64", "libx32"].flatMap((name) => topFolder(`/${name}`)),
    ...fromEtc.flatMap((name) => (fs.existsSync(`/etc/${name}`) ? ["--ro-bind", `/etc/${name}`, `/etc/${name}`] : [])),
    ...nodeView(node),
  ];
}

/** Most systems have links into /usr here, some folders of their own. */
function topFolder(path: string): string[] {
  const stats = fs.lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isSymbolicLink()) return ["--symlink", fs.readlinkSync(path), path];
  return stats?.isDirectory() ? ["--ro-bind", path, path] : [];
}

/** V4. */
function nodeView(node: string): string[] {
  const real = realOr(node);
  if (real === null || basename(real) !== "node") return [];
  const npm = `${dirname(dirname(real))}/lib/node_modules/npm`;
  const bind = ["--ro-bind", real, `${nodePlace}/bin/node`];
  if (!fs.existsSync(`${npm}/bin/npm-cli.js`)) return bind;
  return [
    ...bind,
    "--ro-bind",
    npm,
    `${nodePlace}/lib/node_modules/npm`,
    ...["npm", "npx"].flatMap((name) => [
      "--symlink",
      `../lib/node_modules/npm/bin/${name}-cli.js`,
      `${nodePlace}/bin/${name}`,
    ]),
  ];
}

function realOr(path: string): string | null {
  try {
    return fs.realpathSync(path);
  } catch {
    return null;
  }
}

/** Small files that are made up, by their place. With the network, how names are looked up is the machine's. */
export function madeUpFiles(network: boolean): Readonly<Record<string, string>> {
  const files = {
    "/etc/passwd": "cadre:x:1000:1000:cadre:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    "/etc/group": "cadre:x:1000:\nnogroup:x:65534:\n",
    "/etc/hosts": "127.0.0.1 localhost cadre\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
  };
  return network ? { ...files, "/etc/resolv.conf": readOr("/etc/resolv.conf") } : files;
}

function readOr(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
