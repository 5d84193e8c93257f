/**
 * A plane that is larger than its window: dragged, pinched, scrolled, or moved by keys.
 *
 * V1. Until a person moves the camera, all that is there is in sight, also while it grows. From then on only a person moves it, and one key
 *     or button brings everything back into sight.
 * V2. Moving renders nothing anew: the plane's transform is set, and what stands on it stays as it is.
 */
import { useEffect, useLayoutEffect, useRef, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";

type Camera = { readonly x: number; readonly y: number; readonly zoom: number };
type Size = { readonly width: number; readonly height: number };

const least = 0.15;
const most = 2;
const step = 1.25;
const margin = 28;
/** Room for the controls that lie over the plane: at the top, and at the right. */
const above = 56;
const beside = 52;
const arrow = 60;

export function Viewport({
  width,
  height,
  label,
  onGround,
  children,
}: Size & {
  readonly label: string;
  /** Somebody clicked beside everything. */
  readonly onGround: () => void;
  readonly children: ReactNode;
}): ReactNode {
  const frame = useRef<HTMLDivElement>(null);
  const plane = useRef<HTMLDivElement>(null);
  const camera = useRef<Camera>({ x: 0, y: 0, zoom: 1 });
  const isMoved = useRef(false);
  const size = useRef<Size>({ width, height });
  size.current = { width, height };

  const look = (next: Camera): void => {
    camera.current = next;
    const { x, y, zoom } = next;
    if (plane.current) plane.current.style.transform = `translate(${x}px, ${y}px) scale(${zoom})`;
    frame.current?.style.setProperty("--dot-gap", `${24 * zoom}px`);
    frame.current?.style.setProperty("--dot-at", `${x}px ${y}px`);
  };
  const fit = (): void => {
    const own = frame.current;
    if (!own || own.clientWidth === 0) return;
    isMoved.current = false;
    look(fitted(own, size.current));
  };
  const move = (next: Camera): void => {
    isMoved.current = true;
    look(next);
  };
  /** About a point of the window; its middle where none is given. */
  const zoomBy = (factor: number, at?: { readonly x: number; readonly y: number }): void => {
    const own = frame.current;
    if (own) move(zoomed(camera.current, factor, at ?? { x: own.clientWidth / 2, y: own.clientHeight / 2 }));
  };
  const panBy = (x: number, y: number): void => {
    const before = camera.current;
    move({ ...before, x: before.x + x, y: before.y + y });
  };

  // V1. A window may be there later than its plane (another tab of the page), or change its size.
  const keepInSight = (): void => {
    if (!isMoved.current) fit();
  };
  useLayoutEffect(keepInSight, [width, height]);
  useLayoutEffect(() => {
    const own = frame.current;
    if (!own) return;
    const watch = new ResizeObserver(keepInSight);
    watch.observe(own);
    return () => watch.disconnect();
  }, []);

  useEffect(() => {
    const own = frame.current;
    if (!own) return;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      const box = own.getBoundingClientRect();
      const at = { x: event.clientX - box.left, y: event.clientY - box.top };
      // A pinch on a touchpad is told as a wheel with ctrl.
      if (event.ctrlKey || event.metaKey) zoomBy(Math.exp(-event.deltaY * 0.006), at);
      else panBy(-event.deltaX, -event.deltaY);
    };
    own.addEventListener("wheel", onWheel, { passive: false });
    return () => own.removeEventListener("wheel", onWheel);
  }, []);

  const drag = useDrag(frame, { panBy, zoomBy, onGround });
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const keys: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => panBy(arrow, 0),
      ArrowRight: () => panBy(-arrow, 0),
      ArrowUp: () => panBy(0, arrow),
      ArrowDown: () => panBy(0, -arrow),
      "+": () => zoomBy(step),
      "-": () => zoomBy(1 / step),
      "0": fit,
    };
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };
  return (
    <div className="viewport">
      <div className="canvas" ref={frame} role="group" aria-label={label} tabIndex={0} onKeyDown={onKeyDown} {...drag}>
        <div className="plane" ref={plane} style={{ width, height }}>
          {children}
        </div>
      </div>
      <div className="camera" role="group" aria-label="Camera">
        <button type="button" onClick={() => zoomBy(step)} aria-label="Zoom in">
          +
        </button>
        <button type="button" onClick={() => zoomBy(1 / step)} aria-label="Zoom out">
          −
        </button>
        <button type="button" onClick={fit} aria-label="Fit everything in">
          <svg
            width="13"
            height="13"
            viewBox="0 0 16 16"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.8"
            aria-hidden="true"
          >
            <path d="M2 5.5V2h3.5M10.5 2H14v3.5M14 10.5V14h-3.5M5.5 14H2v-3.5" />
          </svg>
        </button>
      </div>
    </div>
  );
}

function fitted(frame: HTMLElement, { width, height }: Size): Camera {
  const room = { width: frame.clientWidth - margin - beside, height: frame.clientHeight - above - margin };
  const zoom = clamp(Math.min(room.width / Math.max(1, width), room.height / Math.max(1, height), 1.08));
  return {
    zoom,
    x: Math.min((frame.clientWidth - width * zoom) / 2, frame.clientWidth - beside - width * zoom),
    y: above + Math.max(0, (room.height - height * zoom) / 2),
  };
}

function zoomed(before: Camera, factor: number, at: { readonly x: number; readonly y: number }): Camera {
  const zoom = clamp(before.zoom * factor);
  const real = zoom / before.zoom;
  return { zoom, x: at.x - (at.x - before.x) * real, y: at.y - (at.y - before.y) * real };
}

function clamp(zoom: number): number {
  return Math.max(least, Math.min(most, zoom));
}

type Moves = {
  readonly panBy: (x: number, y: number) => void;
  readonly zoomBy: (factor: number, at: { readonly x: number; readonly y: number }) => void;
  readonly onGround: () => void;
};

/** One pointer drags, two pinch. */
function useDrag(frame: React.RefObject<HTMLDivElement | null>, { panBy, zoomBy, onGround }: Moves) {
  const pointers = useRef(new Map<number, { x: number; y: number }>());
  const moved = useRef(0);
  const end = (event: PointerEvent): void => {
    const held = pointers.current.delete(event.pointerId);
    if (held && moved.current < 4 && event.type === "pointerup" && pointers.current.size === 0) onGround();
  };
  return {
    onPointerDown: (event: PointerEvent<HTMLDivElement>): void => {
      if (event.button !== 0 || (event.target instanceof Element && event.target.closest("button, a"))) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
      moved.current = 0;
    },
    onPointerMove: (event: PointerEvent<HTMLDivElement>): void => {
      const before = pointers.current.get(event.pointerId);
      if (!before) return;
      const now = { x: event.clientX, y: event.clientY };
      const others = [...pointers.current].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      pointers.current.set(event.pointerId, now);
      moved.current += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
      const [other] = others;
      const box = frame.current?.getBoundingClientRect();
      if (!other || !box) return panBy(now.x - before.x, now.y - before.y);
      const was = Math.hypot(before.x - other.x, before.y - other.y);
      const is = Math.hypot(now.x - other.x, now.y - other.y);
      if (was > 0) zoomBy(is / was, { x: (now.x + other.x) / 2 - box.left, y: (now.y + other.y) / 2 - box.top });
    },
    onPointerUp: end,
    onPointerCancel: end,
  };
}
