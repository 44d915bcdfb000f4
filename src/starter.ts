/** Who or what started a run, as far as GitHub says so: an approval counts only in a run that a person started. */

export interface Starter {
  /** Whether the run is a part of a workflow. */
  readonly inWorkflow: boolean;
  /** As GitHub names it: `schedule`, `workflow_dispatch`. A called workflow has the event of its caller. */
  readonly event: string;
  /** The login of who started the workflow; empty outside of one. */
  readonly actor: string;
  /** The login of who started this attempt: in a re-run it may be another than `actor`. */
  readonly triggeringActor: string;
}

/**
 * An allow-list, so that an event which GitHub adds later does not count. Only this one starts when somebody with write
 * access asks for it and chooses the inputs. Every other event starts because something happened (a push, a pull request,
 * a comment, a deploy, a clock), and its text may be a stranger's.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows
 */
const STARTED_BY_A_PERSON: ReadonlySet<string> = new Set(["workflow_dispatch"]);

/**
 * @param environment of the process, with the variables that the runner sets. Without any of them the run was started at a
 *   shell, by somebody who holds the droplet's key: that is a person.
 */
export function starterOf(environment: Readonly<Record<string, string | undefined>>): Starter {
  const { GITHUB_ACTIONS, GITHUB_EVENT_NAME: event = "", GITHUB_ACTOR: actor = "" } = environment;
  return {
    inWorkflow: Boolean(GITHUB_ACTIONS) || event !== "",
    event,
    actor,
    // GitHub Enterprise Server has it since 3.7.
    triggeringActor: environment.GITHUB_TRIGGERING_ACTOR || actor,
  };
}

/**
 * Why no approval counts in this run, as a clause; undefined where a person started it. A token of a person acts as that
 * person: a program that dispatches a workflow with one cannot be told from them.
 */
export function whyUnattended({ inWorkflow, event, actor, triggeringActor }: Starter): string | undefined {
  if (!inWorkflow) return undefined;
  if (!STARTED_BY_A_PERSON.has(event))
    return event === ""
      ? "GitHub does not name the event that started this run"
      : `no person starts a run on \`${event}\``;
  // Only GitHub Apps have such a login: a person's has no brackets.
  const bot = [triggeringActor, actor].find((login) => login.endsWith("[bot]"));
  return bot === undefined ? undefined : `this run was started by \`${bot}\`, which is not a person`;
}

/** For people: `alice`, or `alice, re-run by bob`. */
export function startedBy({ inWorkflow, actor, triggeringActor }: Starter): string {
  if (!inWorkflow) return "somebody at a shell";
  if (actor === "") return "somebody whom GitHub does not name";
  return triggeringActor === actor ? actor : `${actor}, re-run by ${triggeringActor}`;
}
