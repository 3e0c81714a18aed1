#pragma once

#include <QWidget>
#include <optional>

#include "widgets/plots/skill.h"

namespace maskscope {

/// The skill as a number in a frame, what it means as a sentence, and the values behind it where there is room for them.
class SkillBadge : public QWidget {
    Q_OBJECT

public:
    explicit SkillBadge(QWidget* parent = nullptr);

    /// None: `reason` says why there is no skill (yet).
    void setSkill(const std::optional<SkillSummary>& summary, const QString& reason);
    const QString& sentence() const { return sentence_; }

    /// The sentence as it is broken on a badge of this width.
    QStringList lines(double width) const;

    /// The same in an exported figure.
    void paint(QPainter& painter, const QRectF& area) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::optional<SkillSummary> summary_;
    QString sentence_, details_;
};

}  // namespace maskscope
