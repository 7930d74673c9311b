package adapter;

import gotalk.Call;
import gotalk.Failures.CancelledException;
import gotalk.Failures.ClosedException;
import gotalk.Failures.OperationException;
import gotalk.Failures.RetryException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A call, and what was received for it, which a thread reads as an application would. */
final class CallReport {
  final Call call;
  private final boolean isStream;
  private final List<Object> parts = new ArrayList<>();
  private Map<String, Object> outcome;

  CallReport(Call call, boolean isStream) {
    this.call = call;
    this.isStream = isStream;
    var reader = new Thread(this::read);
    reader.setDaemon(true);
    reader.start();
  }

  private void read() {
    try {
      if (isStream) {
        for (byte[] part; (part = call.read()) != null; ) add(part);
        settle(Map.of("outcome", "stream", "ended", true));
      } else {
        settle(Map.of("outcome", "result", "payload", Codec.hex(call.result())));
      }
    } catch (OperationException e) {
      settle(Map.of("outcome", "error", "payload", Codec.hex(e.payload)));
    } catch (RetryException e) {
      settle(Map.of("outcome", "retry", "wait", e.wait, "payload", Codec.hex(e.payload)));
    } catch (ClosedException e) {
      settle(Map.of("outcome", "closed", "message", String.valueOf(e.getMessage())));
    } catch (CancelledException e) {
      settle(Map.of("outcome", "cancelled"));
    } catch (IOException | InterruptedException e) {
      settle(Map.of("outcome", "failed", "message", String.valueOf(e.getMessage())));
    }
  }

  private synchronized void add(byte[] part) {
    parts.add(Codec.hex(part));
    notifyAll();
  }

  private synchronized void settle(Map<String, Object> outcome) {
    this.outcome = outcome;
    notifyAll();
  }

  /** Waits until the call has settled, or has received a number of parts. */
  synchronized Map<String, Object> report(long timeout, long wantedParts)
      throws InterruptedException {
    var deadline = new Deadline(timeout);
    while (outcome == null && parts.size() < wantedParts && !deadline.hasPassed()) {
      deadline.await(this);
    }
    if (!isStream) return outcome == null ? Map.of("outcome", "pending") : outcome;
    var report = new LinkedHashMap<String, Object>();
    report.putAll(outcome == null ? Map.of("outcome", "stream", "ended", false) : outcome);
    report.put("parts", List.copyOf(parts));
    return report;
  }
}
