#pragma once

#include "data/made_files.h"

/// Data sets of graphs that the tests of data/ make for themselves.
namespace maskscope::testing {

/// A triangle of kinds a, b, b with a tail, and a pair of nodes; edges carry kinds; weights are numbers.
inline NamedFiles csvGraphs() {
    return {{"nodes.csv",
             "graph,node,kind,weight\n"
             "7,0,a,1\n7,1,b,2\n7,2,b,3\n7,3,a,6\n"
             "9,5,b,4\n9,6,a,8\n"},
            {"edges.csv",
             "graph,from,to,kind\n"
             "7,0,1,x\n7,1,2,y\n7,2,0,x\n7,3,2,y\n"
             "9,5,6,x\n"},
            {"labels.csv", "graph,label\n7,ring\n9,pair\n"}};
}

/// The same two graphs as TUDataset has them: both directions of every edge, nodes and graphs from 1.
inline NamedFiles tuGraphs() {
    return {{"DS/DS_A.txt", "1, 2\n2, 1\n2, 3\n3, 2\n3, 1\n1, 3\n4, 3\n3, 4\n5, 6\n6, 5\n"},
            {"DS/DS_graph_indicator.txt", "1\n1\n1\n1\n2\n2\n"},
            {"DS/DS_graph_labels.txt", "1\n-1\n"},
            {"DS/DS_node_labels.txt", "0\n1\n1\n0\n1\n0\n"},
            {"DS/DS_edge_labels.txt", "0\n0\n1\n1\n0\n0\n1\n1\n0\n0\n"},
            {"DS/DS_node_attributes.txt", "1.0\n2.0\n3.0\n6.0\n4.0\n8.0\n"}};
}

/// Replaces the content of one file; empty content removes it.
inline NamedFiles withFile(NamedFiles files, const std::string& name, const std::string& content) {
    for (std::size_t i = 0; i < files.size(); ++i)
        if (files[i].first == name) files.erase(files.begin() + static_cast<std::ptrdiff_t>(i--));
    if (!content.empty()) files.emplace_back(name, content);
    return files;
}

}  // namespace maskscope::testing
