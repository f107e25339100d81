import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { ToolAnswer } from '../realTools';

/** The Python that the `aws` on PATH runs in. Throws when `aws` is no Python script. */
function pythonOfAws(): string {
  const found = execFileSync('sh', ['-c', 'command -v aws'], { encoding: 'utf8' }).trim();
  const script = realpathSync(
    isShim(found) ? execFileSync('pyenv', ['which', 'aws'], { encoding: 'utf8' }).trim() : found,
  );
  const [, python] = /^#!\s*(\S+)/.exec(readFileSync(script, 'latin1')) ?? [];
  if (python === undefined || !/python/.test(path.basename(python)))
    throw new Error(`${script} is no Python script, so it can't be driven.`);
  return python;
}

/** Whether the file is a shim of pyenv. */
function isShim(file: string): boolean {
  return /pyenv/.test(readFileSync(file, 'latin1').slice(0, 500));
}

/** Why the real aws can't run many commands in one process, or false. */
export function skipWithoutPythonAws(): string | false {
  try {
    execFileSync(pythonOfAws(), ['-c', 'import awscli.clidriver'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'the real aws is not on PATH, or Python cannot import it';
  }
}

/** Many `aws` commands, one after the other, in one process. */
export class AwsRunner {
  private readonly child: ChildProcess;
  private readonly waiting: { done: (answer: ToolAnswer) => void; failed: (error: Error) => void }[] = [];
  private stderr = '';
  private ended: Error | undefined;

  /** `env` is the whole environment of the process. */
  constructor(env: Readonly<Record<string, string>>) {
    const root = process.env['CLOUD_REMOTES_ROOT'] ?? process.cwd();
    const driver = path.join(root, 'test/interop/differential/awsDriver.py');
    this.child = spawn(pythonOfAws(), [driver], { env, stdio: 'pipe' });
    this.child.stderr?.on('data', (chunk) => (this.stderr += String(chunk)));
    if (this.child.stdout)
      createInterface({ input: this.child.stdout }).on('line', (line) =>
        this.waiting.shift()?.done(JSON.parse(line) as ToolAnswer),
      );
    this.child.on('close', () => {
      this.ended = new Error(`The aws driver ended: ${this.stderr}`);
      for (const { failed } of this.waiting) failed(this.ended);
    });
    // The end of the driver is reported by `close`.
    this.child.stdin?.on('error', () => {});
  }

  run(cwd: string, args: readonly string[]): Promise<ToolAnswer> {
    const { ended } = this;
    if (ended) return Promise.reject(ended);
    return new Promise((done, failed) => {
      this.waiting.push({ done, failed });
      this.child.stdin?.write(`${JSON.stringify({ cwd, args })}\n`);
    });
  }

  stop(): void {
    this.child.stdin?.end();
  }
}
