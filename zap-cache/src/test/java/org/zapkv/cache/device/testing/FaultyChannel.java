// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device.testing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/**
 * A channel whose positioned reads and writes, and whose forces, can be made to fail or to stop
 * short. Everything else is as in the channel behind it, or not supported. Any thread.
 */
public final class FaultyChannel extends FileChannel {
  /** What can be disturbed. */
  public enum Call {
    /** A positioned read. */
    READ,
    /** A positioned write. */
    WRITE,
    /** A force. */
    FORCE
  }

  /** What disturbs it. */
  @FunctionalInterface
  public interface Faults {
    /**
     * Called before each call.
     *
     * @param call what is about to be done
     * @param position where in the file; 0 for a force
     * @param lengthBytes how many bytes; 0 for a force
     * @return how many bytes may be moved; {@code lengthBytes} for no fault
     * @throws IOException what the call throws instead of being done
     */
    int before(Call call, long position, int lengthBytes) throws IOException;
  }

  private final FileChannel channel;
  private final Faults faults;

  /**
   * A channel in front of another.
   *
   * @param channel the real one; closed with this one
   * @param faults what happens to its calls
   */
  public FaultyChannel(FileChannel channel, Faults faults) {
    this.channel = channel;
    this.faults = faults;
  }

  @Override
  public int read(ByteBuffer target, long position) throws IOException {
    int limit = target.limit();
    int allowed = faults.before(Call.READ, position, target.remaining());
    target.limit(target.position() + Math.min(target.remaining(), allowed));
    try {
      return channel.read(target, position);
    } finally {
      target.limit(limit);
    }
  }

  @Override
  public int write(ByteBuffer source, long position) throws IOException {
    int limit = source.limit();
    int allowed = faults.before(Call.WRITE, position, source.remaining());
    source.limit(source.position() + Math.min(source.remaining(), allowed));
    try {
      return channel.write(source, position);
    } finally {
      source.limit(limit);
    }
  }

  @Override
  public void force(boolean metaData) throws IOException {
    faults.before(Call.FORCE, 0, 0);
    channel.force(metaData);
  }

  @Override
  public long size() throws IOException {
    return channel.size();
  }

  @Override
  public FileChannel truncate(long size) throws IOException {
    channel.truncate(size);
    return this;
  }

  @Override
  protected void implCloseChannel() throws IOException {
    channel.close();
  }

  @Override
  public int read(ByteBuffer target) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long read(ByteBuffer[] targets, int offset, int length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int write(ByteBuffer source) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long write(ByteBuffer[] sources, int offset, int length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long position() {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileChannel position(long newPosition) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long transferTo(long position, long count, WritableByteChannel target) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long transferFrom(ReadableByteChannel source, long position, long count) {
    throw new UnsupportedOperationException();
  }

  @Override
  public MappedByteBuffer map(MapMode mode, long position, long size) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileLock lock(long position, long size, boolean shared) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileLock tryLock(long position, long size, boolean shared) {
    throw new UnsupportedOperationException();
  }
}
