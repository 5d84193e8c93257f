/** Signs, drawn; each beside words, so that none of them has to say anything alone. */
import type { ReactNode } from "react";

function Sign({ children, size = 16 }: { readonly children: ReactNode; readonly size?: number }): ReactNode {
  return (
    <svg
      className="sign"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export function PauseSign(): ReactNode {
  return (
    <Sign>
      <path d="M5.5 3.5v9M10.5 3.5v9" strokeWidth="2.4" />
    </Sign>
  );
}

export function RunningSign(): ReactNode {
  return (
    <Sign>
      <circle cx="8" cy="8" r="4" fill="currentColor" stroke="none" className="pulse" />
    </Sign>
  );
}

export function DoneSign(): ReactNode {
  return (
    <Sign>
      <path d="M3 8.5l3.2 3.2L13 5" />
    </Sign>
  );
}

export function FailedSign(): ReactNode {
  return (
    <Sign>
      <path d="M4 4l8 8M12 4l-8 8" />
    </Sign>
  );
}

export function StoppedSign(): ReactNode {
  return (
    <Sign>
      <rect x="4" y="4" width="8" height="8" rx="1.5" />
    </Sign>
  );
}

export function ClockSign(): ReactNode {
  return (
    <Sign>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M8 5v3.2l2 1.3" />
    </Sign>
  );
}

export function WarningSign(): ReactNode {
  return (
    <Sign>
      <path d="M8 2.5l6 10.5H2z" />
      <path d="M8 6.5v3M8 11.4v.1" />
    </Sign>
  );
}

export function NoteSign(): ReactNode {
  return (
    <Sign>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M8 7.4v3.4M8 5.1v.1" />
    </Sign>
  );
}

export function CopySign(): ReactNode {
  return (
    <Sign size={14}>
      <rect x="5.5" y="5.5" width="7.5" height="7.5" rx="1.5" />
      <path d="M10.5 3H4.5A1.5 1.5 0 0 0 3 4.5v6" />
    </Sign>
  );
}

export function SunSign(): ReactNode {
  return (
    <Sign>
      <circle cx="8" cy="8" r="2.8" />
      <path d="M8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M12.6 3.4l-1.1 1.1M4.5 11.5l-1.1 1.1" />
    </Sign>
  );
}

export function MoonSign(): ReactNode {
  return (
    <Sign>
      <path d="M13 9.6A5.6 5.6 0 0 1 6.4 3a5.6 5.6 0 1 0 6.6 6.6z" />
    </Sign>
  );
}

export function PlusSign(): ReactNode {
  return (
    <Sign>
      <path d="M8 3.5v9M3.5 8h9" />
    </Sign>
  );
}

export function PersonSign(): ReactNode {
  return (
    <Sign>
      <circle cx="8" cy="5.2" r="2.6" />
      <path d="M2.8 13.4c.6-2.7 2.7-4 5.2-4s4.6 1.3 5.2 4" />
    </Sign>
  );
}
