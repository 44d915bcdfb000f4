/** An HTTP answer as the real `curl` sees it, from this machine or from the droplet. */

export interface HttpAnswer {
  /** The status, or 0 when no answer came. */
  readonly code: number;
  /** The status as text, or why none came: `refused`, `reset`, `timeout`, or `curl-<its exit status>`. */
  readonly outcome: string;
  readonly seconds: number;
  readonly contentType: string;
  /** Where a redirect points, or empty. */
  readonly redirect: string;
  readonly body: string;
}

/** Arguments for a curl whose stdout is the body and whose stderr is what `parseCurl` reads. */
export function curlArguments(url: string, timeoutSeconds: number): string[] {
  return [
    "--silent",
    "--max-time",
    String(timeoutSeconds),
    "--write-out",
    "%{stderr}%{http_code}\n%{time_total}\n%{content_type}\n%{redirect_url}\n",
    "--",
    url,
  ];
}

export function parseCurl(ended: { code: number | null; stdout: string; stderr: string }): HttpAnswer {
  const [code = "0", seconds = "0", contentType = "", redirect = ""] = ended.stderr.split("\n");
  return {
    code: ended.code === 0 ? Number(code) : 0,
    outcome: ended.code === 0 ? code : failure(ended.code),
    seconds: Number(seconds),
    contentType,
    redirect,
    body: ended.stdout,
  };
}

function failure(exit: number | null): string {
  switch (exit) {
    case 7:
      return "refused";
    case 28:
      return "timeout";
    case 52:
    case 56:
      return "reset";
    default:
      return `curl-${exit}`;
  }
}
