#pragma once

#include <stdexcept>
#include <string>

namespace maskscope {

/// Base of every error that the engine reports to a user. The message is one line: the subject (file, key or component),
/// what was found, what was expected, and what to do next.
class Error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A wrong word, flag or value in a command or request.
class UsageError : public Error {
public:
    using Error::Error;
};

/// A recipe, or a setting laid over it, that cannot be understood or composed.
class RecipeError : public Error {
public:
    using Error::Error;
};

/// A data set, image, tensor file or checkpoint whose content is not what it claims to be.
class DataError : public Error {
public:
    using Error::Error;
};

/// Tensors whose shapes do not fit together.
class ShapeError : public Error {
public:
    using Error::Error;
};

/// A device that is missing, unusable or out of memory.
class DeviceError : public Error {
public:
    using Error::Error;
};

/// A file or folder that cannot be read or written (missing, read-only, disk full).
class FileError : public Error {
public:
    using Error::Error;
};

/// Training that cannot go on (a loss that is not finite, a lock held by another writer).
class TrainingError : public Error {
public:
    using Error::Error;
};

}  // namespace maskscope
