/** Starts the language server and shows what it tells: wiring only. */

import * as path from "node:path";
import * as vscode from "vscode";
import {
  type Executable,
  ExecuteCommandRequest,
  LanguageClient,
  type LanguageClientOptions,
} from "vscode-languageclient/node";
import { failure, rebuild, type Status, tooltip } from "./words";

const SCHEME = "reorder-preview";
const SELECTOR = [
  { scheme: "file", language: "dockerfile" },
  { scheme: "untitled", language: "dockerfile" },
];
let client: LanguageClient | undefined;
const known = new Map<string, Status>();

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const bar = vscode.window.createStatusBarItem("reorder.seconds", vscode.StatusBarAlignment.Right);
  bar.name = "reorder";
  bar.command = "reorder.preview";
  const output = vscode.window.createOutputChannel("reorder", { log: true });
  const answers = vscode.window.createOutputChannel("reorder: why");
  const previews = new Previews();
  const show = (): void => showSeconds(bar, vscode.window.activeTextEditor?.document);
  let turn = Promise.resolve(); // one restart after the other
  const restart = (): Promise<void> => {
    turn = turn.then(stop).then(() => start(output, show)).then(show);
    return turn;
  };
  const commands: Record<string, () => Promise<unknown>> = {
    "reorder.preview": () => preview(previews),
    "reorder.apply": async () => ask("reorder.server.apply"),
    "reorder.why": () => why(answers),
    "reorder.replay": replay,
    "reorder.restart": restart,
  };
  context.subscriptions.push(
    bar,
    output,
    answers,
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, previews),
    vscode.window.onDidChangeActiveTextEditor(show),
    vscode.workspace.onDidCloseTextDocument((document) => known.delete(document.uri.toString())),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("reorder.path")) await restart();
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    ...Object.entries(commands).map(([name, run]) => vscode.commands.registerCommand(name, run)),
  );
  await start(output, show);
}

export async function deactivate(): Promise<void> {
  await stop();
}

function settings(): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration("reorder");
}

function program(): string {
  return settings().get("path", "reorder");
}

async function start(output: vscode.LogOutputChannel, show: () => void): Promise<void> {
  const run: Executable = { command: program(), args: ["lsp"] };
  const options: LanguageClientOptions = {
    documentSelector: SELECTOR,
    outputChannel: output,
    initializationOptions: { ...settings(), status: true },
    synchronize: { configurationSection: "reorder" },
  };
  const started = new LanguageClient("reorder", "reorder", run, options);
  started.onNotification("reorder/status", (status: Status) => {
    known.set(status.uri, status);
    show();
  });
  client = started;
  try {
    await started.start();
  } catch (error) {
    client = undefined;
    void vscode.window.showErrorMessage(failure(program(), error));
  }
}

async function stop(): Promise<void> {
  const running = client;
  client = undefined;
  known.clear();
  await running?.stop().catch(() => undefined);
}

/** Asks the server about the active Dockerfile; undefined when there is none. */
async function ask<T>(command: string, ...more: unknown[]): Promise<T | undefined> {
  const document = vscode.window.activeTextEditor?.document;
  if (client === undefined || document?.languageId !== "dockerfile") return undefined;
  const uri = client.code2ProtocolConverter.asUri(document.uri);
  return client.sendRequest(ExecuteCommandRequest.type, { command, arguments: [uri, ...more] });
}

/** The text as it would be, beside the buffer as it is; `query` is the place of the buffer. */
class Previews implements vscode.TextDocumentContentProvider {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly texts = new Map<string, string>();

  put(document: vscode.TextDocument, text: string): vscode.Uri {
    const name = document.uri.path;
    const uri = vscode.Uri.from({ scheme: SCHEME, path: name, query: document.uri.toString() });
    this.texts.set(uri.toString(), text);
    this.changed.fire(uri);
    return uri;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? "";
  }
}

async function preview(previews: Previews): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  const text = await ask<string | null>("reorder.server.preview");
  if (document === undefined || text === undefined || text === null) return;
  if (text === document.getText()) {
    void vscode.window.setStatusBarMessage("reorder: nothing to win: it stays as it is", 5000);
    return;
  }
  const title = `${path.basename(document.uri.path)} (reordered)`;
  await vscode.commands.executeCommand("vscode.diff", document.uri, previews.put(document, text), title);
}

async function why(output: vscode.OutputChannel): Promise<void> {
  const line = vscode.window.activeTextEditor?.selection.active.line ?? 0;
  const text = await ask<string | null>("reorder.server.why", line + 1);
  output.replace(text ?? "no instruction that can move stands on this line");
  output.show(true);
}

/** In a task: its output is long, and it may take a while. */
async function replay(): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.uri.scheme !== "file") return;
  const folder = vscode.workspace.getWorkspaceFolder(document.uri);
  const execution = new vscode.ProcessExecution(program(), ["replay", document.uri.fsPath]);
  const scope = folder ?? vscode.TaskScope.Global;
  const task = new vscode.Task({ type: "reorder" }, scope, "replay", "reorder", execution, []);
  await vscode.tasks.executeTask(task);
}

function showSeconds(bar: vscode.StatusBarItem, document?: vscode.TextDocument): void {
  const status = document && known.get(document.uri.toString());
  if (status?.total === undefined || document?.languageId !== "dockerfile") {
    bar.hide();
    return;
  }
  bar.text = rebuild(status);
  bar.tooltip = tooltip(status);
  bar.show();
}
