#pragma once

#include <map>
#include <stop_token>
#include <string>

#include "data/file_store.h"
#include "data/graphs/graph_dataset.h"

namespace maskscope {

/// The files of one data set of graphs.
struct GraphFiles {
    const FileStore& store;
    std::string path;                            // for messages
    std::map<std::string, std::size_t> entries;  // name -> place in the store

    bool has(const std::string& name) const { return entries.contains(name); }
    /// @throws DataError if the file is missing or empty
    std::string read(const std::string& name) const;
    /// Over the files that readers use.
    std::string fingerprint() const;
};

/// Whether a file of this name belongs to a data set of graphs: nodes.csv, edges.csv, DS_A.txt, ...
bool isGraphFile(const std::string& name);

/// The two forms of openGraphs. @throws DataError, StoppedError
GraphSet readCsvGraphs(const GraphFiles& files, const std::stop_token& stop);
GraphSet readTuGraphs(const GraphFiles& files, const std::stop_token& stop);

}  // namespace maskscope
