#pragma once

#include <QFrame>
#include <vector>

#include "widgets/panels/recipe_summary.h"

class QGridLayout;
class QLabel;
class QToolButton;
class QVBoxLayout;

namespace maskscope {

/// A card of the recipe column: icon, name, and whether its settings apply live; a picture with a title and two lines; more below
/// when it is opened.
class RecipeCard : public QFrame {
    Q_OBJECT

public:
    enum class Tag { None, Live, Fork };

    /// @param picture  what the card shows at its left, 56 px square
    RecipeCard(const QString& iconName, const QString& name, QWidget* picture, QWidget* parent = nullptr);

    void setTag(Tag tag);
    void setSummary(const CardSummary& summary);
    /// A control in place of the title (a choice), and one below the picture (a slider).
    void setTitleControl(QWidget* control);
    /// Whether the control or the title is seen.
    void setTitleControlShown(bool shown);
    void addControl(QWidget* control);

    void setOpen(bool open);
    bool isOpen() const { return open_; }
    void setChosen(bool chosen);
    QString name() const;
    /// True if the words occur in the card's name, text or settings.
    bool matches(const QString& words) const;

Q_SIGNALS:
    void opened();
    /// The user changed a setting in the list. @param value  as typed
    void settingEdited(const QString& key, const QString& value);

protected:
    void changeEvent(QEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;

private:
    void buildHeader(const QString& iconName, const QString& name);
    void showSettings();
    void applyScale();

    CardSummary summary_;
    QVBoxLayout* column_;
    QVBoxLayout* text_;
    QString iconName_;
    QLabel *icon_, *name_, *tag_, *title_, *lines_;
    QToolButton* chevron_;
    QWidget* picture_;
    QWidget *settings_ = nullptr, *titleControl_ = nullptr;
    Tag tagKind_ = Tag::None;
    bool open_ = false;
};

}  // namespace maskscope
