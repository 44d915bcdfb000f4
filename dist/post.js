/**
 * The post step: the same bundle under another name. By that name it knows which step it is, also where the main step was
 * killed before it could save anything.
 */
await import("./index.js");
export {};
