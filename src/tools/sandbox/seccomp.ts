/**
 * The system calls that a command is refused, as a seccomp filter (classic BPF): what no namespace shuts in.
 *
 * C1. Key rings, virtual machine sockets and the like belong to the whole machine: a command has no part in them.
 * C2. Nothing is typed into a terminal (TIOCSTI, TIOCLINUX).
 * C3. No second set of namespaces and no mounts, whatever rights a hole elsewhere would give.
 * C4. With the network comes the machine's network namespace, and with it its abstract Unix sockets (a desktop's bus, for one): then
 *     no Unix socket is made at all. Pairs of sockets, by which programs talk to their children, are another call and stay.
 * C5. Calls in the way of another architecture are unknown calls: their numbers mean something else.
 */

type Numbers = {
  /** AUDIT_ARCH_*, of linux/audit.h. */
  readonly architecture: number;
  readonly socket: number;
  readonly ioctl: number;
  /** Refused as not permitted. */
  readonly forbidden: readonly number[];
  /** Answered as if the kernel did not have them, so that programs take their other way. */
  readonly unknown: readonly number[];
};

const ioUring = [425, 426, 427];
// open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr: the same number everywhere.
const newMounts = [428, 429, 430, 431, 432, 433, 442];

/** By the architecture's name in Node. */
const numbers: Readonly<Partial<Record<string, Numbers>>> = {
  x64: {
    architecture: 0xc000003e,
    socket: 41,
    ioctl: 16,
    forbidden: [
      [248, 249, 250], // add_key, request_key, keyctl
      [321, 298, 323, 300], // bpf, perf_event_open, userfaultfd, fanotify_init
      [165, 166, 155, 161, 272, 308, ...newMounts], // mount, umount2, pivot_root, chroot, unshare, setns
      [303, 304], // name_to_handle_at, open_by_handle_at
      [246, 320, 175, 313, 176], // kexec_load, kexec_file_load, init_module, finit_module, delete_module
      [167, 168, 169, 163, 179, 103], // swapon, swapoff, reboot, acct, quotactl, syslog
      [164, 227, 159, 305, 172, 173, 212], // settimeofday, clock_settime, adjtimex, clock_adjtime, iopl, ioperm, lookup_dcookie
    ].flat(),
    unknown: ioUring,
  },
  arm64: {
    architecture: 0xc00000b7,
    socket: 198,
    ioctl: 29,
    forbidden: [
      [217, 218, 219],
      [280, 241, 282, 262],
      [40, 39, 41, 51, 97, 268, ...newMounts],
      [264, 265],
      [104, 294, 105, 273, 106],
      [224, 225, 142, 89, 60, 116],
      [170, 112, 171, 266, 18],
    ].flat(),
    unknown: ioUring,
  },
};

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
const domains = { unix: 1, inet: 2, inet6: 10, netlink: 16 };

const allow = 0x7fff0000;
const answer = (error: number): number => 0x00050000 | error;
/** Offsets in struct seccomp_data. */
const at = { number: 0, architecture: 4, firstArgument: 16, secondArgument: 24 };
const op = { load: 0x20, equal: 0x15, atLeast: 0x35, result: 0x06 };

type Instruction = { readonly code: number; readonly k: number; readonly yes?: number; readonly no?: number };

/** Null: the calls of this architecture are not known here. The bytes are what `bwrap --seccomp` reads. */
export function seccompFilter(architecture: string, { network }: { readonly network: boolean }): Buffer | null {
  const known = numbers[architecture];
  return known === undefined ? null : encode(program(known, network));
}

function program(known: Numbers, network: boolean): Instruction[] {
  const families = [...(network ? [] : [domains.unix]), domains.inet, domains.inet6, domains.netlink];
  return [
    { code: op.load, k: at.architecture },
    ...unless(op.equal, known.architecture, answer(ENOSYS)), // C5
    { code: op.load, k: at.number },
    ...when(op.atLeast, 0x40000000, answer(ENOSYS)), // C5: x32
    ...known.unknown.flatMap((number) => when(op.equal, number, answer(ENOSYS))),
    ...known.forbidden.flatMap((number) => when(op.equal, number, answer(EPERM))), // C1, C3
    ...inCall(known.socket, [
      { code: op.load, k: at.firstArgument },
      ...families.flatMap((family) => when(op.equal, family, allow)),
      { code: op.result, k: answer(EAFNOSUPPORT) }, // C1, C4
    ]),
    ...inCall(known.ioctl, [
      { code: op.load, k: at.secondArgument },
      ...[TIOCSTI, TIOCLINUX].flatMap((request) => when(op.equal, request, answer(EPERM))), // C2
      { code: op.result, k: allow },
    ]),
    { code: op.result, k: allow },
  ];
}

function when(code: number, k: number, result: number): Instruction[] {
  return [
    { code, k, yes: 0, no: 1 },
    { code: op.result, k: result },
  ];
}

function unless(code: number, k: number, result: number): Instruction[] {
  return [
    { code, k, yes: 1, no: 0 },
    { code: op.result, k: result },
  ];
}

/** Looks closer at one call; the block ends in a result. */
function inCall(number: number, block: readonly Instruction[]): Instruction[] {
  return [{ code: op.equal, k: number, yes: 0, no: block.length }, ...block];
}

/** struct sock_filter: code, two jumps, a constant; little-endian on both architectures. */
function encode(instructions: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * 8);
  for (const [index, { code, k, yes = 0, no = 0 }] of instructions.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(yes, index * 8 + 2);
    bytes.writeUInt8(no, index * 8 + 3);
    bytes.writeUInt32LE(k >>> 0, index * 8 + 4);
  }
  return bytes;
}
