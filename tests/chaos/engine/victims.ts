import type { ChildProcess } from 'node:child_process';
import { onScopeEnd } from '../../support/scope.ts';

/** One of several equal processes, each with a sign that it is at work. */
interface Member {
  readonly child: ChildProcess;
  isReady: boolean;
}

/** Keeps so many processes alive: whoever ends is replaced, as a supervisor would. */
export class Crew {
  readonly #spawn: () => ChildProcess;
  readonly #members = new Set<Member>();
  #isStopped = false;

  /** @param spawn starts a process that prints something when it is ready */
  constructor(size: number, spawn: () => ChildProcess) {
    this.#spawn = spawn;
    for (let n = 0; n < size; n += 1) this.#add();
    onScopeEnd(async () => this.stop());
  }

  get isReady(): boolean {
    return [...this.#members].some((member) => member.isReady);
  }

  /** Kills the one that is at work, or else any. */
  kill(): void {
    const members = [...this.#members];
    (members.find((member) => member.isReady) ?? members[0])?.child.kill('SIGKILL');
  }

  killAll(): void {
    for (const { child } of this.#members) child.kill('SIGKILL');
  }

  stop(): void {
    this.#isStopped = true;
    this.killAll();
  }

  #add(): void {
    const member: Member = { child: this.#spawn(), isReady: false };
    this.#members.add(member);
    member.child.stdout?.once('data', () => {
      member.isReady = true;
    });
    member.child.once('exit', () => {
      this.#members.delete(member);
      if (!this.#isStopped) this.#add();
    });
  }
}
