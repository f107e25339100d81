import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Active, FaultEffects, Faults, FaultTarget, HttpFault } from './faults';
import { type Reply, sendReply } from './reply';
import type { RequestBody } from './requestBody';
import type { LoggedHttpRequest } from './requestLog';

/** One request that a service handles. Each method may throw; `refusal` turns the error into a reply. */
export interface Visit<Target extends FaultTarget, Fault extends HttpFault<Target>> {
  readonly message: IncomingMessage;
  readonly body: RequestBody;
  readonly entry: LoggedHttpRequest;
  /** Reads the request's head and identifies its operation. */
  begin(): Target | Promise<Target>;
  /** The reply of the operation or of the fault. */
  reply(fault: Active<Fault> | undefined): Reply | Promise<Reply>;
  refusal(error: unknown): Reply | Promise<Reply>;
}

/** Handles one request: begin, fault, reply, log. Never throws. The service adds the visit's entry to its log before. */
export async function answer<Target extends FaultTarget, Fault extends HttpFault<Target>>(
  visit: Visit<Target, Fault>,
  faults: Faults<Target, Fault>,
  response: ServerResponse,
): Promise<void> {
  const { message, body, entry } = visit;
  let fault: Active<Fault> | undefined;
  let reply: Reply;
  try {
    fault = faults.take(await visit.begin());
    if (fault !== undefined && !(await survives(fault, message, body))) return;
    reply = await visit.reply(fault);
  } catch (error) {
    if (body.broken) return; // the client is gone
    reply = await visit.refusal(error);
  } finally {
    entry.bytesIn = body.received;
  }
  if (fault?.loseResponse) {
    message.socket.destroy();
    return;
  }
  entry.status = reply.status;
  try {
    await sendReply(message, response, reply, fault, entry);
  } catch {
    // The content's file or the client is gone, so the response cannot be completed.
    message.socket.destroy();
  }
  // An early response must not reset the connection of a client that still sends.
  body.drain().catch(() => undefined);
}

/** Applies the fault to the request; false when the client gets no response. */
async function survives(fault: FaultEffects, message: IncomingMessage, body: RequestBody): Promise<boolean> {
  if (fault.requestBytesPerSecond !== undefined) await body.slowDown(fault.requestBytesPerSecond);
  await fault.until;
  if (fault.until && message.socket.destroyed) return false;
  if (fault.delayMs !== undefined && !(await wait(fault.delayMs, message))) return false;
  if (fault.cutRequestAfterBytes === undefined) return true;
  await body.drain(fault.cutRequestAfterBytes);
  message.socket.destroy();
  return false;
}

/** False when the connection closes first. */
function wait(milliseconds: number, message: IncomingMessage): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = Number.isFinite(milliseconds) ? setTimeout(() => done(true), milliseconds) : undefined;
    const closed = (): void => done(false);
    const done = (alive: boolean): void => {
      clearTimeout(timer);
      message.socket.off('close', closed);
      resolve(alive);
    };
    message.socket.once('close', closed);
  });
}
