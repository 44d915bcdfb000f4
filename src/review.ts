/** The review of a run: which people let it into an environment that asks for one. */

export interface Review {
  readonly environment: string;
  /** Logins, as GitHub names them; at least one. */
  readonly reviewers: readonly string[];
}

/** `carol and dave, in the environment production` */
export function describeReview({ environment, reviewers }: Review): string {
  const last = reviewers.at(-1) ?? "";
  const all = reviewers.length < 2 ? last : `${reviewers.slice(0, -1).join(", ")} and ${last}`;
  return `${all}, in the environment ${environment}`;
}
