/** What to do where commands cannot be sandboxed: the words for this system. */
import fs from "node:fs";

export function missingHint(): string {
  if (process.platform === "darwin")
    return "commands run inside bubblewrap, which exists for Linux only: on macOS, run cadre in a Linux virtual machine or container that allows user namespaces";
  if (process.platform !== "linux")
    return "commands run inside bubblewrap, which exists for Linux only: run cadre there, for instance in WSL 2";
  return `bubblewrap (bwrap) is not installed: ${installCommand()}`;
}

/** Why a bwrap that is there could not start anything, from its own words. */
export function startHint(said: string): string {
  const line =
    said
      .split("\n")
      .find((each) => each.trim() !== "")
      ?.slice(0, 300) ?? "no message";
  return `bubblewrap does not start here (${line.trim()}). ${cure(line)}`;
}

function cure(line: string): string {
  if (/unknown option/i.test(line)) return `It is too old: 0.8 or newer is needed. ${installCommand()}`;
  if (restricted("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"))
    return "This system keeps programs from making user namespaces (AppArmor): allow /usr/bin/bwrap with a profile that has `userns,`.";
  if (restricted("/proc/sys/user/max_user_namespaces", "0"))
    return "User namespaces are switched off: sysctl user.max_user_namespaces.";
  if (restricted("/proc/sys/kernel/unprivileged_userns_clone", "0"))
    return "User namespaces are for root only here: sysctl kernel.unprivileged_userns_clone=1.";
  return "It needs user namespaces; a container must be started so that it allows them.";
}

function restricted(file: string, value: string): boolean {
  try {
    return fs.readFileSync(file, "utf8").trim() === value;
  } catch {
    return false;
  }
}

function installCommand(): string {
  const managers: readonly (readonly [program: string, command: string])[] = [
    ["/usr/bin/apt-get", "sudo apt-get install bubblewrap"],
    ["/usr/bin/dnf", "sudo dnf install bubblewrap"],
    ["/sbin/apk", "sudo apk add bubblewrap"],
    ["/usr/bin/pacman", "sudo pacman -S bubblewrap"],
    ["/usr/bin/zypper", "sudo zypper install bubblewrap"],
  ];
  const found = managers.find(([program]) => fs.existsSync(program));
  return found ? `install it with \`${found[1]}\`` : "install the package `bubblewrap`";
}
