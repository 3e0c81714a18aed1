#pragma once

#include <QString>
#include <cstdint>
#include <optional>
#include <vector>

namespace maskscope {

/// What a figure showed, kept inside of its PNG so that dropping it back on the window restores the view. Masks: 1 = hidden.
struct ViewMemory {
    QString page, view;                // "explore", "stage"
    QString run;                       // its folder; empty: none was there
    qint64 step = -1;                  // of the time cursor; -1: it followed the newest
    QString sample;                    // its name in the data
    std::vector<std::uint8_t> hidden;  // the user's own mask; empty: the pinned one
    int patch = -1;                    // the selected one, counted from 0; -1: none

    bool operator==(const ViewMemory&) const = default;

    /// One line of JSON.
    QString toText() const;
    /// None if the text is not of this program or damaged.
    static std::optional<ViewMemory> fromText(const QString& text);
    /// Of a PNG file; none if it carries no view.
    static std::optional<ViewMemory> ofPicture(const QString& path);
};

}  // namespace maskscope
