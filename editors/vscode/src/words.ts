/** What is shown, in words; nothing of the editor in here. */

export interface Status {
  uri: string;
  changed?: boolean;
  total?: string;
  before?: number;
  after?: number;
}

/** 0.53 -> `0.5 s`, 75 -> `75 s`, 750 -> `12.5 min`. */
export function seconds(value: number): string {
  if (value < 9.95) return `${value.toFixed(1)} s`;
  if (value < 120) return `${value.toFixed(0)} s`;
  return `${(value / 60).toFixed(1).replace(/\.0$/, "")} min`;
}

/** `$(layers) 11.7 min → 103 s` for the status bar. */
export function rebuild(status: Status): string {
  const before = seconds(status.before ?? 0);
  return status.changed ? `$(layers) ${before} → ${seconds(status.after ?? 0)}` : `$(layers) ${before}`;
}

export function tooltip(status: Status): string {
  const total = `reorder: ${status.total ?? ""}`;
  return status.changed ? `${total}; click to see the change` : total;
}

export function failure(program: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return (
    `reorder does not start (\`${program} lsp\`): ${reason}. ` +
    "Install it with `pip install 'reorder[lsp]'`, or name the program in the setting `reorder.path`."
  );
}
