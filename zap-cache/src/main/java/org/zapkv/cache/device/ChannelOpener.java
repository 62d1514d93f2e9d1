// SPDX-License-Identifier: Apache-2.0
package org.zapkv.cache.device;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.Set;

/** Opens files: the system, or what a test puts in front of it. */
@FunctionalInterface
interface ChannelOpener {
  FileChannel open(Path path, Set<OpenOption> options) throws IOException;
}
