/**
 * Stand-ins for the few classes of {@code androidx.test:monitor} that Robolectric's start refers to. That artifact is
 * not where Maven finds it; these tests need none of what it does.
 */
package androidx.test;
