// actions/checkout as far as our workflows use it: repository, commit, folders, where to. In another repository than the
// one that is named, and for another commit, it fails as the real one does.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";

const input = (name) => {
  const value = process.env[`INPUT_${name.toUpperCase()}`];
  if (!value) throw new Error(`checkout was not given ${name}`);
  return value;
};
const { CHECKOUT_FROM: from, GITHUB_WORKSPACE: workspace } = process.env;
if (!from || !workspace) throw new Error("CHECKOUT_FROM and GITHUB_WORKSPACE are needed");

const to = join(workspace, input("path"));
const git = (...args) => execFileSync("git", args, { stdio: "inherit" });
rmSync(to, { recursive: true, force: true });
git("clone", "--quiet", "--no-checkout", join(from, input("repository")), to);
git("-C", to, "sparse-checkout", "set", ...input("sparse-checkout").split("\n"));
git("-C", to, "checkout", "--quiet", "--detach", input("ref"));
