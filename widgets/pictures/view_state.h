#pragma once

#include <QString>
#include <QtGlobal>

namespace maskscope {

/// What a view can show at the moment, apart from its content.
struct ViewState {
    enum class Kind {
        Ready,    // the content is what was asked for
        Empty,    // nothing was asked for yet, or a part is missing: `title` says what would be here, `hint` how to get it
        Waiting,  // an answer is computed; the old content stays
        Stale,    // the content is of `step`, not of the time cursor
        Failed,   // `title` says what happened, `hint` what was kept
    };
    Kind kind = Kind::Empty;
    QString title;
    QString hint;
    QString action;          // label of the one button; empty: none
    qint64 step = -1;        // the step computed (waiting) or shown (stale); -1: none
    double progress = -1.0;  // of waiting, 0..1; negative: unknown

    bool operator==(const ViewState&) const = default;
    /// True where the content is not to be seen at all.
    bool coversContent() const { return kind == Kind::Empty || kind == Kind::Failed; }
    /// The corner label: "step 12,000, computing", "from step 18,000"; empty for the other kinds.
    QString label() const;

    static ViewState ready();
    static ViewState empty(QString title, QString hint, QString action = {});
    static ViewState waiting(qint64 step = -1, double progress = -1.0);
    static ViewState stale(qint64 step);
    static ViewState failed(QString title, QString hint, QString action = {});
};

}  // namespace maskscope
