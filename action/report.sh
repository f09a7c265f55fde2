#!/usr/bin/env bash
# Runs reorder once: annotations to the log, the other reports to files.
set -euo pipefail

truth() { # NAME VALUE: fails unless VALUE is true; ends the job when it is not false either
  case $2 in
    true) return 0 ;;
    false) return 1 ;;
    *)
      echo "::error::the input '$1' is '$2': give true or false"
      exit 2
      ;;
  esac
}

options=(--check --format github)
if truth unsafe "$REORDER_UNSAFE"; then options+=(--unsafe); fi
if [[ -n $REORDER_CONTEXT ]]; then options+=(--context "$REORDER_CONTEXT"); fi
for form in sarif rdjson markdown; do
  name=REORDER_${form^^}
  if [[ -n ${!name} ]]; then options+=(--report "$form=${!name}"); fi
done
summary=$RUNNER_TEMP/reorder-summary.md
rm -f "$summary"
if truth summary "$REORDER_SUMMARY"; then options+=(--report "markdown=$summary"); fi
fail=no
if truth fail "$REORDER_FAIL"; then fail=yes; fi

if [[ -n $REORDER_DIFF_BASE ]]; then
  options+=(--diff-base "$REORDER_DIFF_BASE")
  # A checkout has one commit unless told otherwise: neither the base nor a history to learn from.
  if [[ $(git rev-parse --is-shallow-repository) == true ]]; then
    git fetch --quiet --no-tags --unshallow origin || echo "::warning::git fetch --unshallow failed"
  fi
  if ! git cat-file -e "$REORDER_DIFF_BASE^{commit}" 2>/dev/null; then
    git fetch --quiet --no-tags origin "$REORDER_DIFF_BASE" || echo "::warning::git fetch failed"
  fi
fi

paths=()
while IFS= read -r path; do
  if [[ -n $path ]]; then paths+=("$path"); fi
done <<<"$REORDER_PATHS"

status=0
"$RUNNER_TEMP/reorder/bin/reorder" "${options[@]}" -- "${paths[@]}" || status=$?
if [[ -e $summary ]]; then cat "$summary" >>"$GITHUB_STEP_SUMMARY"; fi
changed=false
if ((status == 1)); then changed=true; fi
echo "changed=$changed" >>"$GITHUB_OUTPUT"
if ((status == 1)) && [[ $fail == no ]]; then status=0; fi
exit "$status"
