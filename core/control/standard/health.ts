import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { type Health, HealthCheckResponse_ServingStatus as Status } from "../gen/grpc/health/v1/health_pb.js";

/**
 * `grpc.health.v1`: the server, and each service of it, serves for as long as it answers at all.
 *
 * @param serviceNames full names of what is served.
 * @param stopped aborts when the daemon stops.
 */
export function healthMethods(
  serviceNames: ReadonlySet<string>,
  stopped: AbortSignal,
): ServiceImpl<typeof Health> {
  const statusOf = (service: string): Status => {
    if (service !== "" && !serviceNames.has(service)) return Status.SERVICE_UNKNOWN;
    return stopped.aborted ? Status.NOT_SERVING : Status.SERVING;
  };
  return {
    check({ service }) {
      const status = statusOf(service);
      if (status !== Status.SERVICE_UNKNOWN) return { status };
      throw new ConnectError(`there is no service '${service}'`, Code.NotFound);
    },
    async *watch({ service }, { signal }) {
      yield { status: statusOf(service) };
      if (!stopped.aborted) await aborted(AbortSignal.any([stopped, signal]));
      if (stopped.aborted) yield { status: statusOf(service) };
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
