#pragma once

#include <QPointer>
#include <QWidget>
#include <vector>

#include "widgets/plots/run_curves.h"

class QToolButton;

namespace maskscope {

/// Which line is which run: a button each, with the line's colour, dash and marker. A click chooses the run, a click with Ctrl (or the
/// menu) shows or hides it. One run alone reads "train" and "validation" instead of its name.
class RunLegend : public QWidget {
    Q_OBJECT

public:
    explicit RunLegend(QWidget* parent = nullptr);

    /// Not owned.
    void setCurves(RunCurves* curves);
    void setCurrentRun(const QString& id);
    void setValidationVisible(bool visible);
    /// The plot shows nothing but validation: one run alone is dashed.
    void setOnlyValidation(bool only);
    /// Takes runs and theme anew.
    void rebuild();

    /// The same in an exported figure, visible runs only. @return  the height it took
    double paint(QPainter& painter, const QRectF& area) const;

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void runChosen(const QString& id);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Entry {
        QString id, text;
        int style = 0;
        bool dashed = false, withMarker = false, visible = true, current = false;
    };
    std::vector<Entry> entries() const;
    void addButton(const Entry& entry);
    int arrange(int width, bool move) const;

    QPointer<RunCurves> curves_;
    QString currentId_;
    bool validation_ = true, onlyValidation_ = false;
    std::vector<QToolButton*> buttons_;
};

}  // namespace maskscope
