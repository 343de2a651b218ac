"""Marks the wheel as one of this platform: it holds the native library, which no C extension of Python is."""

from setuptools import Distribution, setup
from wheel.bdist_wheel import bdist_wheel


class PlatformWheel(bdist_wheel):
    """A wheel for any Python 3 on this platform."""

    def get_tag(self):
        """The tag of this platform alone: ctypes loads the library, so the version of Python does not matter."""
        _, _, platform = super().get_tag()
        return "py3", "none", platform


class NativeDistribution(Distribution):
    """A distribution with native code."""

    def has_ext_modules(self):
        """Puts the package where native code belongs."""
        return True


setup(distclass=NativeDistribution, cmdclass={"bdist_wheel": PlatformWheel})
