// SPDX-License-Identifier: Apache-2.0
/**
 * What happens in the library, as events of the JDK's Flight Recorder. All are off until a
 * recording switches them on; a JVM without the module {@code jdk.jfr} goes without. Programs name
 * them in their settings; they have no use for the classes.
 */
@org.jspecify.annotations.NullMarked
package org.zapkv.event;
