// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cli;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** A file that is read, or standard input where its name is {@code -}. To be closed. */
final class InputFile implements AutoCloseable {
  static final String STANDARD = "-";
  static final String PACKED_SUFFIX = ".gz";

  private static final long UNKNOWN = -1;
  private static final int BUFFER_BYTES = 64 * 1024;

  private final String name;
  private final CountingStream file;
  private final InputStream in;
  private final long sizeBytes;

  private InputFile(String name, CountingStream file, InputStream in, long sizeBytes) {
    this.name = name;
    this.file = file;
    this.in = in;
    this.sizeBytes = sizeBytes;
  }

  /** Opens a file as it is. */
  static InputFile open(String name, Streams streams) {
    return open(name, streams, false);
  }

  /** Opens a file; one whose name ends in .gz is unpacked. */
  static InputFile openUnpacked(String name, Streams streams) {
    return open(name, streams, name.endsWith(PACKED_SUFFIX));
  }

  private static InputFile open(String name, Streams streams, boolean packed) {
    if (name.equals(STANDARD)) {
      CountingStream file = new CountingStream(streams.in());
      return new InputFile("standard input", file, file, UNKNOWN);
    }
    try {
      Path path = Path.of(name);
      long sizeBytes = Files.isRegularFile(path) ? Files.size(path) : UNKNOWN;
      return open(name, new CountingStream(Files.newInputStream(path)), sizeBytes, packed);
    } catch (IOException e) {
      throw cannotRead(name, e);
    } catch (InvalidPathException e) {
      throw new CommandFailure(ExitCode.UNUSABLE, "cannot read " + e.getMessage());
    }
  }

  private static InputFile open(String name, CountingStream file, long sizeBytes, boolean packed)
      throws IOException {
    if (!packed) {
      return new InputFile(name, file, file, sizeBytes);
    }
    try {
      return new InputFile(name, file, new GZIPInputStream(file, BUFFER_BYTES), sizeBytes);
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  private static CommandFailure cannotRead(String name, IOException e) {
    if (e instanceof ZipException || e instanceof EOFException) {
      String reason = e.getMessage() == null ? "it ends too early" : e.getMessage();
      return new CommandFailure(ExitCode.DAMAGED, "cannot unpack " + name + ": " + reason, e);
    }
    return new CommandFailure(ExitCode.UNUSABLE, "cannot read " + name + ": " + IoReason.of(e), e);
  }

  CommandFailure cannotRead(IOException e) {
    return cannotRead(name, e);
  }

  /** What to call it in a message. */
  String name() {
    return name;
  }

  /** The content. Reading it is not buffered. */
  InputStream in() {
    return in;
  }

  /** The size of the file, or -1 where it is not known. */
  long sizeBytes() {
    return sizeBytes;
  }

  /** How much of the file was read. */
  long consumedBytes() {
    return file.count;
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw cannotRead(e);
    }
  }

  private static final class CountingStream extends FilterInputStream {
    private long count;

    CountingStream(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int b = in.read();
      count += b < 0 ? 0 : 1;
      return b;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int read = in.read(bytes, offset, length);
      count += Math.max(0, read);
      return read;
    }
  }
}
