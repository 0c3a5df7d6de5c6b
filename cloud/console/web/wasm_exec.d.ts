// Go's own glue, taken from the Go installation when the page is built.
declare module "wasm_exec";
