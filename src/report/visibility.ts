/** Who can read what a workflow's run leaves: its log, its summary, its artifacts. */

/** `hidden`: only people of the repository, or nobody but who started it. `open`: everybody, or so it must be taken. */
export type Visibility = "hidden" | "open";

/**
 * @param repository GITHUB_REPOSITORY; empty outside of a workflow
 * @param event the text of the event's payload; undefined where there is none
 * @returns `open` unless the payload says otherwise: what is not known is taken for public
 */
export function visibilityOf(repository: string, event: string | undefined): Visibility {
  if (repository === "") return "hidden";
  const payload = fieldsOf(parsed(event ?? ""));
  const { full_name: name, private: hidden, visibility } = fieldsOf(payload.repository);
  // Of a `workflow_run` or `repository_dispatch` from elsewhere it might be another repository.
  if (typeof name === "string" && name.toLowerCase() !== repository.toLowerCase()) return "open";
  if (visibility === "public" || hidden === false) return "open";
  return hidden === true || visibility === "private" || visibility === "internal" ? "hidden" : "open";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : {};
}
