#include <QImageReader>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QVBoxLayout>
#include <QtTest>

#include "core/error.h"
#include "support/test_main.h"
#include "widgets/panels/area_frame.h"
#include "widgets/panels/area_tree.h"
#include "widgets/panels/view_memory.h"
#include "widgets/plots/figure_export.h"
#include "widgets/theme/theme.h"

using namespace maskscope;

namespace {

ViewMemory madeMemory() {
    return {.page = "explore",
            .view = "stage",
            .run = QStringLiteral("/runs/größe"),
            .step = 1200,
            .sample = "cat/0001",
            .hidden = {1, 0, 0, 1},
            .patch = 3};
}

class Swatch : public QWidget {
public:
    Swatch() { resize(80, 60); }

protected:
    void paintEvent(QPaintEvent*) override { QPainter(this).fillRect(rect(), QColor(10, 200, 30)); }
};

}  // namespace

class TestViewMemory : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { setTheme(ThemeKind::Dark); }

    void textAndBack() {
        QCOMPARE(ViewMemory::fromText(madeMemory().toText()), madeMemory());
        QCOMPARE(ViewMemory::fromText(ViewMemory{}.toText()), ViewMemory{});
    }

    void whatIsNotOursIsRefused_data() {
        QTest::addColumn<QString>("text");
        QTest::newRow("nothing") << "";
        QTest::newRow("words") << "a comment of another program";
        QTest::newRow("JSON of another program") << "{\"view\":\"stage\"}";
        QTest::newRow("a later version") << "{\"maskscope\":2,\"view\":\"stage\"}";
        QTest::newRow("a mask that is none") << "{\"maskscope\":1,\"mask\":\"01x\"}";
        QTest::newRow("cut off") << madeMemory().toText().chopped(5);
    }
    void whatIsNotOursIsRefused() {
        QFETCH(QString, text);
        QVERIFY(!ViewMemory::fromText(text));
    }

    void aPictureOfAViewKeepsItsStateAndCaption() {
        QTemporaryDir folder;
        Swatch view;
        const QString path = folder.filePath("view.png");
        exportWidget(path, {.caption = "mae, step 1,200", .view = madeMemory().toText()}, view);
        QCOMPARE(ViewMemory::ofPicture(path), madeMemory());
        QImageReader reader(path);
        QCOMPARE(reader.text("Description"), QStringLiteral("mae, step 1,200"));
        const QImage image = reader.read();
        QVERIFY(image.width() > 2 * 80 && image.height() > 2 * 60);  // two pixels a point, and margins
        int green = 0;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x) green += image.pixelColor(x, y) == QColor(10, 200, 30);
        QCOMPARE(green, 2 * 80 * 2 * 60);  // the whole view, once
    }

    void otherPicturesCarryNoView() {
        QTemporaryDir folder;
        QImage image(4, 4, QImage::Format_RGB32);
        image.fill(Qt::red);
        image.save(folder.filePath("a.png"));
        QVERIFY(!ViewMemory::ofPicture(folder.filePath("a.png")));
        QVERIFY(!ViewMemory::ofPicture(folder.filePath("missing.png")));
    }

    /// The room of the controls goes to what is shown; afterwards they are back.
    void figuresLeaveControlsOut() {
        QTemporaryDir folder;
        QWidget view;
        auto* column = new QVBoxLayout(&view);
        column->setContentsMargins(0, 0, 0, 0);
        column->setSpacing(0);
        auto* controls = new QFrame;
        controls->setProperty(kControlProperty, true);
        controls->setFixedHeight(20);
        controls->setStyleSheet(QStringLiteral("background: #ff0000"));
        auto* content = new QFrame;
        content->setStyleSheet(QStringLiteral("background: #00ff00"));
        column->addWidget(controls);
        column->addWidget(content, 1);
        view.resize(80, 60);
        view.show();
        const QString path = folder.filePath(QStringLiteral("view.png"));
        exportWidget(path, {.scale = 1.0}, view);
        const QImage figure(path);
        int red = 0, green = 0;
        for (int y = 0; y < figure.height(); ++y)
            for (int x = 0; x < figure.width(); ++x) {
                red += figure.pixelColor(x, y) == QColor(255, 0, 0) ? 1 : 0;
                green += figure.pixelColor(x, y) == QColor(0, 255, 0) ? 1 : 0;
            }
        QCOMPARE(red, 0);
        QCOMPARE(green, 80 * 60);
        QVERIFY(controls->isVisible() && content->height() == 40);
    }

    void drawingsAndPages_data() {
        QTest::addColumn<QString>("ending");
        QTest::addColumn<QByteArray>("begins");
        QTest::newRow("drawing") << "svg" << QByteArray("<?xml");
        QTest::newRow("page") << "pdf" << QByteArray("%PDF");
    }
    void drawingsAndPages() {
        QFETCH(QString, ending);
        QFETCH(QByteArray, begins);
        QTemporaryDir folder;
        QLabel view("words");
        view.resize(90, 30);
        const QString path = folder.filePath("view." + ending);
        exportWidget(path, {.caption = "a caption", .view = {}}, view);
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray bytes = file.readAll();
        QVERIFY(bytes.startsWith(begins));
        QVERIFY(ending != "svg" || bytes.contains("a caption"));
    }

    void aWrongEndingIsRefused() {
        QTemporaryDir folder;
        QLabel view("words");
        QVERIFY_EXCEPTION_THROWN(exportWidget(folder.filePath("view.bmp"), {}, view), UsageError);
        QVERIFY(QDir(folder.path()).isEmpty());
    }

    void everyAreaOffersFigureAndCommand() {
        AreaTree tree;
        tree.addView({"stage", "Stage", {}, {}, new QWidget, nullptr});
        QVERIFY(tree.setLayoutText("stage"));
        QSignalSpy figures(&tree, &AreaTree::figureRequested), commands(&tree, &AreaTree::commandRequested);
        for (QMenu* menu : tree.findChildren<QMenu*>()) {
            Q_EMIT menu->aboutToShow();
            for (QAction* action : menu->actions())
                if (action->text() == QStringLiteral("Save as a figure…") || action->text() == QLatin1String("Copy as command line"))
                    action->trigger();
        }
        QCOMPARE(figures.count(), 1);
        QCOMPARE(figures[0][0].toString(), QStringLiteral("stage"));
        QCOMPARE(commands.count(), 1);
    }
};

MASKSCOPE_TEST(TestViewMemory)
#include "tst_view_memory.moc"
