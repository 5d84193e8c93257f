/**
 * Ways out of a sandbox, each a shell script that prints ESCAPED when it got somewhere. `{outside}`, `{pid}`, `{port}`, `{abstract}` are
 * filled in: a folder of the host, a process, a TCP port and an abstract Unix socket. `control`: run outside it must print ESCAPED, which
 * shows that the probe can tell; left out where that depends on the machine.
 *
 * Q1. No script does harm where it succeeds: nothing is removed, nothing outside the current folder is overwritten (a file is opened for
 *     appending, and nothing appended). A sandbox that leaks must not cost the machine that finds out.
 * Q2. Controls are run in a folder made for them and nowhere else: `guarded` makes a script end at once in any other.
 */
export type Probe = {
  readonly name: string;
  readonly script: string;
  /** For whom the control holds. */
  readonly control?: "anyone" | "root";
  /** Programs that it needs, in /usr. */
  readonly needs?: readonly string[];
  readonly seconds?: number;
  /** Tried only where the number of processes is kept. */
  readonly bomb?: true;
};

const place = ".place-for-probes";

/** Q2. The file `.place-for-probes` is in the folders that are made for scripts, and in no other. */
export function guarded(script: string): string {
  return `[ -f ./${place} ] || exit 99; ${script}`;
}

export { place as probePlace };

const perl = (code: string): string => `perl -e '${code}'`;
/** ESCAPED unless the call fails. */
const call = (numbers: string): string => perl(`print "ESCAPED\\n" if syscall(${numbers}) >= 0`);
const connect = (where: string): string =>
  `node -e 'require("net").connect(${where}).on("connect", () => { console.log("ESCAPED"); process.exit() }).on("error", () => {})'`;

export const probes: readonly Probe[] = [
  { name: "remount the root", script: "mount -o remount,rw / && echo ESCAPED" },
  { name: "remount /usr", script: "mount -o remount,bind,rw /usr && echo ESCAPED" },
  {
    name: "unmount what covers",
    script: "umount /workspace/modes && echo ESCAPED; umount /workspace/journal && echo ESCAPED",
  },
  { name: "write into /usr", script: "echo x > /usr/cadre-probe && echo ESCAPED" },
  {
    name: "write into /etc",
    script: "(: >> /etc/passwd) && echo ESCAPED; (: > /etc/cadre-probe) && echo ESCAPED",
  },
  { name: "write into /", script: "echo x > /cadre-probe && echo ESCAPED; echo x > /dev/cadre-probe && echo ESCAPED" },
  { name: "read a file of the host", script: "cat {outside}/secret.txt && echo ESCAPED", control: "anyone" },
  { name: "write a file of the host", script: "echo x > {outside}/new.txt && echo ESCAPED", control: "anyone" },
  {
    name: "the host by a process of it",
    script: "cat /proc/{pid}/root{outside}/secret.txt && echo ESCAPED",
    control: "root",
  },
  {
    name: "the host by /proc/*/cwd and root",
    script:
      "for p in /proc/[0-9]*; do cat $p/root{outside}/secret.txt $p/cwd/../outside/secret.txt && echo ESCAPED; done",
    control: "anyone",
  },
  {
    // Of the lowest, Node itself sees to it that no child gets them; of this one it does not.
    name: "a descriptor that was open before",
    script: "cat /proc/self/fd/40/secret.txt && echo ESCAPED",
    control: "anyone",
  },
  {
    name: "core_pattern",
    script: "(: >> /proc/sys/kernel/core_pattern) && echo ESCAPED",
    control: "root",
  },
  {
    name: "other switches in /proc/sys",
    script:
      "for f in kernel/modprobe kernel/hostname kernel/panic vm/drop_caches fs/file-max; do [ -e /proc/sys/$f ] && (: >> /proc/sys/$f) && echo ESCAPED; done",
    control: "root",
  },
  { name: "sysrq", script: "(: >> /proc/sysrq-trigger) && echo ESCAPED" },
  { name: "/sys", script: "ls /sys/kernel && echo ESCAPED", control: "anyone" },
  { name: "control groups", script: "ls /sys/fs/cgroup && echo ESCAPED; mkdir /sys/fs/cgroup/x && echo ESCAPED" },
  { name: "devices", script: "ls /dev | grep -E '^(vd|sd|nvme|mem|kmsg|kvm|fuse|loop|vsock|port)' && echo ESCAPED" },
  {
    name: "make a device",
    script: "mknod ./w c 1 3 && echo ESCAPED",
    control: "root",
  },
  { name: "signal a process of the host", script: "kill -0 {pid} && echo ESCAPED", control: "anyone" },
  { name: "end a process of the host", script: "kill -9 {pid} && echo ESCAPED" },
  { name: "see a process of the host", script: "ls /proc/{pid}/status && echo ESCAPED", control: "anyone" },
  { name: "trace a process of the host", script: call("101, 16, {pid}, 0, 0"), needs: ["perl"] },
  { name: "read memory of a process", script: "head -c 1 /proc/{pid}/mem && echo ESCAPED" },
  { name: "user namespace", script: "unshare -Ur true && echo ESCAPED", control: "root", needs: ["unshare"] },
  { name: "mount namespace", script: "unshare -m true && echo ESCAPED", control: "root", needs: ["unshare"] },
  {
    name: "user namespace by clone",
    script: call("56, 0x10000011, 0, 0, 0, 0"),
    needs: ["perl"],
  },
  {
    name: "enter a namespace",
    script: "nsenter -t {pid} -m -n true && echo ESCAPED",
    control: "root",
    needs: ["nsenter"],
  },
  { name: "mount", script: "mkdir -p m; mount -t tmpfs x m && echo ESCAPED; mount --bind / m && echo ESCAPED" },
  { name: "a new procfs", script: "mount -t proc proc /tmp && echo ESCAPED" },
  { name: "mount by the newer calls", script: call("430, my $t = q(tmpfs), 0"), needs: ["perl"], control: "root" },
  { name: "chroot", script: "chroot / true && echo ESCAPED", control: "root", needs: ["chroot"] },
  {
    name: "a file by its handle",
    script: perl('syscall(304, 0, 0, 0); print "ESCAPED\\n" if $! != 1'),
    needs: ["perl"],
    control: "root",
  },
  { name: "TCP of this machine", script: connect('{ port: {port}, host: "127.0.0.1" }'), control: "anyone" },
  { name: "abstract Unix socket", script: connect('"\\0{abstract}"'), control: "anyone" },
  { name: "path-name Unix socket", script: connect('"{outside}/socket"'), control: "anyone" },
  { name: "sockets of services", script: "ls -A /run /var/run /var/lib | grep . && echo ESCAPED", control: "anyone" },
  { name: "another network card", script: "grep -vE '^ *lo:|Inter|face' /proc/net/dev && echo ESCAPED" },
  { name: "socket to the hypervisor", script: perl('print "ESCAPED\\n" if socket(S, 40, 1, 0)'), needs: ["perl"] },
  {
    name: "raw packets",
    script: perl('print "ESCAPED\\n" if socket(S, 17, 3, 768)'),
    needs: ["perl"],
    control: "root",
  },
  { name: "kernel crypto sockets", script: perl('print "ESCAPED\\n" if socket(S, 38, 5, 0)'), needs: ["perl"] },
  { name: "homes", script: "ls -A /root /home ~/.ssh ~/.cache ~/.config | grep -v : | grep . && echo ESCAPED" },
  {
    name: "secrets in the environment",
    script: "cat /proc/*/environ | tr '\\0' '\\n' | grep CANARY && echo ESCAPED; env | grep CANARY && echo ESCAPED",
    control: "anyone",
  },
  { name: "shadow and keys", script: "cat /etc/shadow && echo ESCAPED; ls /etc/ssl/private /etc/ssh && echo ESCAPED" },
  { name: "symlink to a file", script: "ln -sf {outside}/secret.txt l; cat l && echo ESCAPED", control: "anyone" },
  {
    name: "symlink to a folder",
    script: "ln -sfn {outside} d; echo x > d/by-link.txt && echo ESCAPED",
    control: "anyone",
  },
  {
    name: "symlink in place of packages",
    script: "ln -s / node_modules && [ -e node_modules{outside} ] && echo ESCAPED",
    control: "anyone",
  },
  { name: "hard link out", script: "ln {outside}/secret.txt h && echo ESCAPED", control: "anyone" },
  { name: "hard link to a rule", script: "ln modes/lead.md h && echo ESCAPED", control: "anyone" },
  {
    name: "climb out",
    script: "cd ..; ls {outside} && echo ESCAPED; cat ../../../../..{outside}/secret.txt && echo ESCAPED",
    control: "anyone",
  },
  {
    name: "change a rule",
    script: "echo mine > modes/lead.md && echo ESCAPED; sed -i s/a/b/ modes/lead.md && echo ESCAPED",
    control: "anyone",
  },
  { name: "add a rule", script: "echo mine > modes/new.md && echo ESCAPED", control: "anyone" },
  {
    name: "move the rules away",
    script: "mv modes elsewhere && echo ESCAPED; rm modes/lead.md && echo ESCAPED",
    control: "anyone",
  },
  {
    name: "make rules where there are none",
    script: "mkdir -p graphs journal; echo x > graphs/w.ts && echo ESCAPED; echo x > journal/x.md && echo ESCAPED",
    control: "anyone",
  },
  {
    name: "make a configuration",
    script:
      "echo x > cadre.yaml && echo ESCAPED; echo x > cadre.yml && echo ESCAPED; mv secret.yaml cadre.yaml && echo ESCAPED",
    control: "anyone",
  },
  {
    name: "git hooks",
    script: "mkdir -p .git/hooks; echo x > .git/hooks/pre-commit && echo ESCAPED",
    control: "anyone",
  },
  {
    name: "git configuration",
    script: "git init -q . ; git config core.fsmonitor x && echo ESCAPED",
    control: "anyone",
    needs: ["git"],
  },
  {
    name: "make a setuid program that counts",
    script: "cp /usr/bin/id i; chmod 6755 i; grep -q 'NoNewPrivs:.*1' /proc/self/status || echo ESCAPED",
    control: "anyone",
  },
  {
    name: "capabilities",
    script: "grep -E 'Cap(Eff|Prm|Bnd|Amb):.*[1-9a-f]' /proc/self/status && echo ESCAPED",
    control: "root",
  },
  { name: "su and sudo", script: "su -c true && echo ESCAPED; sudo -n true && echo ESCAPED" },
  {
    name: "type into a terminal",
    script: perl('open(F, "+<", "/dev/ptmx"); my $c = "x"; ioctl(F, 0x5412, $c); print "ESCAPED\\n" if $! != 1'),
    needs: ["perl"],
    control: "root",
  },
  { name: "a terminal of the host", script: "(: < /dev/tty) && echo ESCAPED" },
  { name: "key rings", script: call("250, 0, -3, 0"), needs: ["perl"], control: "anyone" },
  { name: "io_uring", script: perl('syscall(425, 1, 0); print "ESCAPED\\n" if $! != 38'), needs: ["perl"] },
  {
    name: "bpf and perf events",
    script: perl('for (321, 298) { $! = 0; syscall($_, 0, 0, 0); print "ESCAPED\\n" if $! != 1 }'),
    needs: ["perl"],
  },
  { name: "the clock", script: perl('syscall(227, 0, 0); print "ESCAPED\\n" if $! != 1'), needs: ["perl"] },
  {
    name: "calls of another architecture",
    script: perl('$! = 0; syscall(0x40000000 + 39); print "ESCAPED\\n" if $! != 38'),
    needs: ["perl"],
  },
  {
    name: "more processes than granted",
    script: "i=0; while [ $i -lt 150 ]; do sleep 1 & i=$((i+1)); done; echo ESCAPED",
    control: "anyone",
  },
  { name: "fork bomb", script: "f() { f | f & }; f; sleep 1", seconds: 2, bomb: true },
  { name: "more memory than granted", script: perl('my $x = "a" x (150 << 20); print "ESCAPED\\n"'), needs: ["perl"] },
  { name: "a file larger than granted", script: "head -c 20M /dev/zero > big && echo ESCAPED", control: "anyone" },
  {
    name: "fill the scratch space",
    script: "head -c 60M /dev/zero > /tmp/big && echo ESCAPED; head -c 60M /dev/zero > /dev/shm/big && echo ESCAPED",
  },
  {
    name: "outlive the end",
    script:
      "setsid sh -c 'sleep 1; sleep 86399' & nohup sleep 86399 & (sleep 86399 &) ; (setsid sh -c '(sleep 86399 &)' &); sleep 86399",
    seconds: 1,
  },
];
