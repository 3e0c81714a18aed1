#pragma once

#include <QDialog>
#include <QString>
#include <vector>

namespace maskscope {

/// All keys, in groups: opened by "?".
class ShortcutSheet : public QDialog {
    Q_OBJECT

public:
    struct Group {
        QString title;
        std::vector<std::pair<QString, QString>> keys;  // "Space", "Start or pause"
    };

    ShortcutSheet(const std::vector<Group>& groups, QWidget* parent);
};

}  // namespace maskscope
