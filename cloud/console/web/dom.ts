// A little help with elements. Texts go in as text nodes only: nothing a
// device or a person sent is ever read as markup (scenario 44).

type Child = Node | string | null | false | undefined;
type Attributes = Record<string, string | boolean | EventListener | undefined>;

const svgNames = new Set(["svg", "path", "circle", "rect", "g"]);

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes?: Attributes, ...children: Child[]): HTMLElementTagNameMap[K];
export function h(tag: string, attributes?: Attributes, ...children: Child[]): Element;
export function h(tag: string, attributes: Attributes = {}, ...children: Child[]): Element {
  const element = svgNames.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  for (const child of children) if (child !== null && child !== false && child !== undefined) element.append(child);
  return element;
}

export function byId<T extends HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no #${id}`);
  return element as T;
}

/** Makes nodes the children of parent. One that is in its place already is not
 * touched: a button taken out and put back in mid-press is not pressed. */
export function arrange(parent: Element, nodes: readonly Element[]): void {
  const keep = new Set<Element>(nodes);
  for (const old of [...parent.children]) if (!keep.has(old)) old.remove();
  let there = parent.firstElementChild;
  for (const node of nodes) {
    if (there === node) there = there.nextElementSibling;
    else parent.insertBefore(node, there);
  }
}

/** Sets a text only when it differs, so that screen readers hear changes only. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function show(element: HTMLElement, on: boolean): void {
  if (element.hidden === on) element.hidden = !on;
}

// Icons: 24 units, drawn with the current colour, never alone without a text.
const paths: Record<string, string> = {
  eye: "M2 12s3.6-7 10-7 10 7 10 7-3.6 7-10 7S2 12 2 12Zm10 3.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4Z",
  mouse: "M12 2.8a6 6 0 0 1 6 6v6.4a6 6 0 0 1-12 0V8.8a6 6 0 0 1 6-6Zm0 3.7v3.5",
  file: "M13.5 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8.5L13.5 3Zm0 0v5.5H19M12 17.5v-6m0 0-2.3 2.3M12 11.5l2.3 2.3",
  end: "M6 6l12 12M18 6L6 18",
  fit: "M4 9V5.5A1.5 1.5 0 0 1 5.5 4H9m6 0h3.5A1.5 1.5 0 0 1 20 5.5V9m0 6v3.5a1.5 1.5 0 0 1-1.5 1.5H15m-6 0H5.5A1.5 1.5 0 0 1 4 18.5V15",
  lock: "M7 11V8a5 5 0 0 1 10 0v3m-11 0h12a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1Z",
  link: "M9.5 14.5l5-5M11 6.5l1.3-1.3a4.6 4.6 0 0 1 6.5 6.5L17.5 13M6.5 11l-1.3 1.3a4.6 4.6 0 0 0 6.5 6.5L13 17.5",
  shield: "M12 3l7 2.6v5.6c0 4.6-3 8-7 9.8-4-1.8-7-5.2-7-9.8V5.6L12 3Zm-3 9 2.2 2.2L15.2 10",
  full: "M4 8.5V4h4.5M20 8.5V4h-4.5M4 15.5V20h4.5m11.5-4.5V20h-4.5M4 4l5 5m11-5-5 5M4 20l5-5m11 5-5-5",
  monitors: "M2.5 6A1.5 1.5 0 0 1 4 4.5h9A1.5 1.5 0 0 1 14.5 6v6a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 12V6ZM8.5 13.5V17m-2.5 0h5M17.5 8.5H20a1.5 1.5 0 0 1 1.5 1.5v6a1.5 1.5 0 0 1-1.5 1.5h-4.5M18 17.5V20m-2 0h4",
  keyboard: "M3 7.5A1.5 1.5 0 0 1 4.5 6h15A1.5 1.5 0 0 1 21 7.5v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 16.5v-9ZM6.5 9.5h.01M10 9.5h.01M14 9.5h.01M17.5 9.5h.01M6.5 12h.01M10 12h.01M14 12h.01M17.5 12h.01M8 14.8h8",
  chat: "M5.5 4.5h13A1.5 1.5 0 0 1 20 6v8.5a1.5 1.5 0 0 1-1.5 1.5H11l-4.5 4v-4h-1A1.5 1.5 0 0 1 4 14.5V6a1.5 1.5 0 0 1 1.5-1.5Zm2.5 4h8m-8 3.5h5",
  pointer: "M6 3.5 18.5 11l-5.6 1.4L10 18 6 3.5Zm8.5 11L18 20",
  paste: "M9 4.5H7A1.5 1.5 0 0 0 5.5 6v13A1.5 1.5 0 0 0 7 20.5h10a1.5 1.5 0 0 0 1.5-1.5V6A1.5 1.5 0 0 0 17 4.5h-2M9 3.5h6v3H9v-3Zm3 6v6.5m0 0-2.5-2.5M12 16l2.5-2.5",
  copy: "M9 4.5H7A1.5 1.5 0 0 0 5.5 6v13A1.5 1.5 0 0 0 7 20.5h10a1.5 1.5 0 0 0 1.5-1.5V6A1.5 1.5 0 0 0 17 4.5h-2M9 3.5h6v3H9v-3Zm3 12.8V9.8m0 0-2.5 2.5M12 9.8l2.5 2.5",
  download: "M13.5 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8.5L13.5 3Zm0 0v5.5H19M12 11.5v6m0 0-2.3-2.3M12 17.5l2.3-2.3",
  help: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM9.6 9.6a2.4 2.4 0 1 1 3.6 2.1c-.8.45-1.2 1-1.2 1.9M12 16.7h.01",
  send: "M4 12 20 4.5l-4.5 15-4-6.5L4 12Zm7.5 1L20 4.5",
  log: "M7 3.5h10A1.5 1.5 0 0 1 18.5 5v14a1.5 1.5 0 0 1-1.5 1.5H7A1.5 1.5 0 0 1 5.5 19V5A1.5 1.5 0 0 1 7 3.5Zm2 4.5h6m-6 4h6m-6 4h3.5",
  mask: "M4 4l16 16M9.9 5.3A10.6 10.6 0 0 1 12 5c6.4 0 10 7 10 7a17 17 0 0 1-2.7 3.4M6.3 6.8A16.5 16.5 0 0 0 2 12s3.6 7 10 7a9.8 9.8 0 0 0 5.200-1.5M10 10a3.200 3.200 0 0 0 4.3 4.3",
  side: "M4.5 4.5h15A1.5 1.5 0 0 1 21 6v12a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 18V6a1.5 1.5 0 0 1 1.5-1.5ZM9 4.5v15",
  bell: "M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5l1.5 1.5H5l1.5-1.5ZM10 20.5h4",
  chevron: "M9 6l6 6-6 6",
  screen: "M3 5.5A1.5 1.5 0 0 1 4.5 4h15A1.5 1.5 0 0 1 21 5.5v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 14.5v-9ZM9 20h6m-3-4v4",
};

export function icon(name: string): Element {
  return h("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, h("path", { d: paths[name]! }));
}
