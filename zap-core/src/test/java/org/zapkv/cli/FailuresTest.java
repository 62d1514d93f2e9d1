// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.zapkv.error.CacheFullException;
import org.zapkv.error.ClosedException;
import org.zapkv.error.CorruptException;
import org.zapkv.error.DeviceException;
import org.zapkv.error.EndOfDeviceException;
import org.zapkv.error.FormatTooNewException;
import org.zapkv.error.KeyTooLongException;
import org.zapkv.error.MapFullException;
import org.zapkv.error.NoSuchMapException;
import org.zapkv.error.NotAStoreException;
import org.zapkv.error.StoreFailedException;
import org.zapkv.error.StoreFullException;
import org.zapkv.error.StoreLockedException;
import org.zapkv.error.ValueTooLargeException;
import org.zapkv.error.ValueTypeException;

@Tag("once")
class FailuresTest {
  @Test
  void shouldTellDamageAlsoBehindAnotherFailure() {
    CorruptException damage = new CorruptException(1, 2, 3, "wrong");
    assertEquals(ExitCode.DAMAGED, Failures.exitCode(damage));
    assertEquals(ExitCode.DAMAGED, Failures.exitCode(new EndOfDeviceException("short")));
    StoreFailedException failed = new StoreFailedException("sync", new RuntimeException(damage));
    assertEquals(ExitCode.DAMAGED, Failures.exitCode(failed));
  }

  @Test
  void shouldTellWhatIsNotThereOrCannotBeUsed() {
    for (Throwable failure :
        List.of(
            new NoSuchMapException("x"),
            new KeyTooLongException("x"),
            new ValueTooLargeException("x"),
            new ValueTypeException("x"))) {
      assertEquals(ExitCode.NO, Failures.exitCode(failure), failure.toString());
    }
  }

  @Test
  void shouldTellAStoreThatCannotBeUsed() {
    for (Throwable failure :
        List.of(
            new NotAStoreException("x"),
            new StoreLockedException("x"),
            new FormatTooNewException("x"),
            new DeviceException("x"),
            new StoreFullException("x"),
            new StoreFailedException("x", new IOException("disk")),
            new ClosedException("x"),
            new CacheFullException("x"),
            new MapFullException("x"),
            new IOException("x"),
            new OutOfMemoryError("x"))) {
      assertEquals(ExitCode.UNUSABLE, Failures.exitCode(failure), failure.toString());
    }
  }

  @Test
  void shouldCallAnythingElseAnErrorOfItsOwn() {
    assertEquals(ExitCode.INTERNAL, Failures.exitCode(new IllegalStateException("x")));
    String message = Failures.message(new IllegalStateException("why"));
    assertTrue(message.startsWith("internal error: "), message);
    assertTrue(message.contains("why"), message);
  }
}
