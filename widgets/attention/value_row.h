#pragma once

#include <QWidget>

class QLabel;

namespace maskscope {

/// A name at the left and its value at the right, in one line.
class ValueRow : public QWidget {
    Q_OBJECT

public:
    ValueRow(const QString& name, const QString& help, QWidget* parent = nullptr);

    void setValue(const QString& value);
    QString value() const;

protected:
    void changeEvent(QEvent* event) override;

private:
    void restyle();

    QLabel *name_, *value_;
};

}  // namespace maskscope
