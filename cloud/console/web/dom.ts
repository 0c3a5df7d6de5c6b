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
  chevron: "M9 6l6 6-6 6",
  screen: "M3 5.5A1.5 1.5 0 0 1 4.5 4h15A1.5 1.5 0 0 1 21 5.5v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 14.5v-9ZM9 20h6m-3-4v4",
};

export function icon(name: string): Element {
  return h("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, h("path", { d: paths[name]! }));
}
