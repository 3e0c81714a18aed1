#pragma once

#include <QFrame>
#include <memory>

#include "snapshot/forecast.h"

class QLabel;

namespace maskscope {

/// What the next run will take, below the recipe: time, memory, disk, and a warning where memory will not do.
class ForecastNote : public QFrame {
    Q_OBJECT

public:
    explicit ForecastNote(QWidget* parent = nullptr);

    /// @param forecast  null: not known @param problem  why not; empty: it is being estimated
    void setForecast(std::shared_ptr<const Forecast> forecast, const QString& problem);
    /// The sentence that is shown.
    QString text() const;
    bool isWarning() const { return warns_; }

protected:
    void changeEvent(QEvent* event) override;

private:
    void present(const QString& text, const QString& help, bool warns);
    void restyle();

    QLabel *mark_, *text_;
    bool warns_ = false;
};

}  // namespace maskscope
