#include "widgets/theme/icons.h"

#include <QFile>
#include <QHash>
#include <QIconEngine>
#include <QPainter>
#include <QPixmap>
#include <QSvgRenderer>

#include "widgets/theme/theme.h"

/// A static library's resources are dropped unless something asks for them. (The macro only works outside of namespaces.)
static void keepIcons() { Q_INIT_RESOURCE(maskscope_resources); }

namespace maskscope {
namespace {

QByteArray iconSource(const QString& name) {
    keepIcons();
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// Asks for the theme's colour whenever it paints, so that icons need no renewal when the theme changes.
class ThemedIconEngine : public QIconEngine {
public:
    ThemedIconEngine(QString name, QColor color) : name_(std::move(name)), color_(std::move(color)) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override {
        const int side = qMin(rect.width(), rect.height());
        QRect square(0, 0, side, side);
        square.moveCenter(rect.center());
        rendererOf(colorOf(mode, state)).render(painter, square);
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
        QPixmap pixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paint(&painter, pixmap.rect(), mode, state);
        return pixmap;
    }

    QIconEngine* clone() const override { return new ThemedIconEngine(name_, color_); }

private:
    QColor colorOf(QIcon::Mode mode, QIcon::State) const {
        if (color_.isValid()) return color_;
        return mode == QIcon::Disabled ? theme().disabled : theme().text;
    }

    QSvgRenderer& rendererOf(const QColor& color) {
        if (renderedColor_ != color) {
            renderer_.load(tintedIconSource(name_, color));
            renderedColor_ = color;
        }
        return renderer_;
    }

    QString name_;
    QColor color_;
    QColor renderedColor_;
    QSvgRenderer renderer_;
};

}  // namespace

QByteArray tintedIconSource(const QString& name, const QColor& color) { return iconSource(name).replace("currentColor", color.name().toLatin1()); }

QIcon icon(const QString& name, const QColor& color) {
    keepIcons();
    if (!QFile::exists(QStringLiteral(":/icons/%1.svg").arg(name))) return {};
    return QIcon(new ThemedIconEngine(name, color));
}

QIcon icon(const QString& name) { return icon(name, QColor()); }

}  // namespace maskscope
