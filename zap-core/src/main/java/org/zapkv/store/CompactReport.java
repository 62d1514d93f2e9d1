// SPDX-License-Identifier: Apache-2.0
package org.zapkv.store;

/**
 * What {@link ZapStore#compact} came to.
 *
 * @param fileBytesBefore how large the file was
 * @param fileBytesAfter how large it is
 * @param movedBytes how much was written to another place for that, about
 */
public record CompactReport(long fileBytesBefore, long fileBytesAfter, long movedBytes) {}
