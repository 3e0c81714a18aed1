#pragma once

#include <QImage>
#include <QWidget>
#include <QtTest>

namespace maskscope::testing {

/// Shows a widget in a size and waits until it is there.
inline void showSized(QWidget& widget, int width, int height) {
    widget.resize(width, height);
    widget.show();
    QVERIFY(QTest::qWaitForWindowExposed(&widget));
}

/// Whether some pixel has this colour.
inline bool contains(const QImage& image, const QColor& color) {
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            if (image.pixelColor(x, y) == color) return true;
    return false;
}

}  // namespace maskscope::testing
