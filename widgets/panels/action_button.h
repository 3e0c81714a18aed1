#pragma once

#include <QPushButton>

namespace maskscope {

/// A button with an icon, a verb and the key that does the same. Where it cannot act it stays focusable and says why: in its
/// tooltip, to screen readers, and by reasonAsked when somebody tries.
class ActionButton : public QPushButton {
    Q_OBJECT

public:
    enum class Role { Normal, Primary, Quiet };

    explicit ActionButton(QWidget* parent = nullptr);

    /// @param key  the cap shown beside the verb; empty: none
    void setFace(const QString& iconName, const QString& verb, const QString& key = {});
    void setRole(Role role);
    /// What the button does, for its tooltip while it is available.
    void setHelp(const QString& help);
    /// @param reason  why the button cannot act and what would enable it; empty: it can
    void setUnavailable(const QString& reason);
    bool isAvailable() const { return reason_.isEmpty(); }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

Q_SIGNALS:
    void reasonAsked(const QString& reason);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    QColor faceColor() const;
    void describe();

    QString iconName_, key_, help_, reason_;
    Role role_ = Role::Normal;
};

}  // namespace maskscope
