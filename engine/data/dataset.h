#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace maskscope {

/// Called now and then from the calling thread (or under a lock from several); total is 0 while it is unknown.
using Progress = std::function<void(std::int64_t done, std::int64_t total)>;

/// Somebody asked to stop before the work was done.
class StoppedError : public Error {
public:
    using Error::Error;
};

/// A sample that cannot be used.
struct DataProblem {
    std::string name;    // of the file or sample
    std::string reason;  // a whole message, beginning with the name
};

/// Labelled or unlabelled samples of one domain by number: pictures, texts, graphs. All functions are thread-safe.
class Dataset {
public:
    virtual ~Dataset() = default;

    /// Samples, the corrupt ones included: numbers never shift, whatever turns out to be unreadable.
    virtual std::int64_t size() const = 0;
    /// Relative to the data set, unique, in the order of the numbers: "train/cat/0001.png", "data_batch_1.bin#17".
    virtual std::string sampleName(std::int64_t sample) const = 0;
    /// Index into classNames(), or -1 where the sample has no label.
    virtual std::int64_t label(std::int64_t sample) const = 0;

    const std::string& path() const { return about_.path; }
    /// "folder of images", "CIFAR-10 binaries", ...
    const std::string& form() const { return about_.form; }
    const std::vector<std::string>& classNames() const { return about_.classNames; }
    /// 16 hexadecimal digits over names, sizes and content (of evenly spread samples where there is more than 16 MiB). The
    /// same for a folder and an archive of it.
    const std::string& fingerprint() const { return about_.fingerprint; }

    /// What is worth telling: which part was taken, how values were scaled.
    std::vector<std::string> notices() const;
    /// Unusable samples found so far, each once.
    std::vector<DataProblem> problems() const;
    void report(const DataProblem& problem) const;
    void notify(const std::string& notice) const;

protected:
    struct About {
        std::string path, form, fingerprint;
        std::vector<std::string> classNames;
    };
    Dataset() : findings_(std::make_shared<Findings>()) {}
    /// Shares name, notices and problems with the data set that this one stands for.
    explicit Dataset(const Dataset& other) : about_(other.about_), findings_(other.findings_) {}
    Dataset& operator=(const Dataset&) = delete;

    About about_;

private:
    struct Findings {
        std::mutex mutex;
        std::vector<std::string> notices;
        std::vector<DataProblem> problems;
    };
    std::shared_ptr<Findings> findings_;
};

struct OpenOptions {
    /// The side in pixels that pictures will be used at; much larger JPEGs are then decoded at a fraction of their size (see
    /// DecodeOptions). 0: whole.
    int usedSidePx = 0;
    /// Encoded bytes of a compressed archive (.tar.gz) that may be held in memory, MiB. 0: a quarter of what is available.
    double archiveMb = 0;
    Progress progress;
    std::stop_token stop;
};

/// Memory that this process may still take, bytes: what the machine has available, or less inside a container's limit.
double availableMemory();

}  // namespace maskscope
