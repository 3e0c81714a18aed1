#include <QPainter>
#include <QSignalSpy>
#include <QtTest>
#include <filesystem>
#include <fstream>

#include "support/test_main.h"
#include "widgets/panels/action_button.h"
#include "widgets/panels/control_bar.h"
#include "widgets/panels/status_line.h"
#include "widgets/pictures/picture_stage.h"
#include "window_home.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace fs = std::filesystem;

namespace {

void writeText(const QString& path, const QByteArray& content) {
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(content);
}

QImage painted(int width, int height, QImage::Format format) {
    QImage image(width, height, QImage::Format_ARGB32);
    image.fill(Qt::darkCyan);
    QPainter(&image).fillRect(width / 4, height / 4, width / 2, height / 2, Qt::yellow);
    return image.convertToFormat(format);
}

}  // namespace

/// What goes wrong is said, with what is missing and how to get it; the window goes on.
class TestBadInput : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void nonsenseThatIsDroppedIsExplained_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("text that is no image") << "notes.txt" << QByteArray("hello");
        QTest::newRow("an image that is none") << "broken.png" << QByteArray("\x89PNG nonsense");
        QTest::newRow("an image cut in half") << "half.png" << halfOfAPicture();
        QTest::newRow("an archive that is none") << "broken.zip" << QByteArray("PK\x03\x04 and nothing else");
        QTest::newRow("an empty file") << "empty.tar" << QByteArray();
        QTest::newRow("nothing at all") << "missing.png" << QByteArray("-");
        QTest::newRow("a run that is none") << "run/run.toml" << QByteArray("format = 'x'");
        QTest::newRow("a run of a newer version") << "newer/run.toml" << QByteArray("format = 99\n");
        QTest::newRow("a run that lost its recipe") << "torn/run.toml" << QByteArray("format = 1\nseed = 0\n");
    }

    void nonsenseThatIsDroppedIsExplained() {
        QFETCH(QString, name);
        QFETCH(QByteArray, content);
        const QString path = home_.path(name);
        if (content != "-") writeText(path, content);
        MainWindow window;
        home_.load(window);
        QTRY_VERIFY_WITH_TIMEOUT(window.workspace().data() != nullptr, kLongMs);
        QSignalSpy messages(&window.workspace(), &Workspace::messaged);
        const bool isRun = name.endsWith(QStringLiteral("run.toml"));
        drop(window, isRun ? QFileInfo(path).path() : path);
        const QString subject = isRun ? QFileInfo(QFileInfo(path).path()).fileName() : QFileInfo(path).fileName();
        QTRY_VERIFY_WITH_TIMEOUT(warnedOf(messages, subject), kLongMs);
        // and the window goes on with what it had, or with other data
        window.workspace().loadProject(home_.project());
        QTRY_VERIFY_WITH_TIMEOUT(window.controlBar()->primaryButton()->isAvailable(), kLongMs);
    }

    void picturesOfAnySizeAndDepthGoOnTheStage_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QImage>("image");
        QTest::newRow("larger than the input") << "large.png" << painted(300, 200, QImage::Format_RGB888);
        QTest::newRow("smaller than a patch") << "small.png" << painted(3, 2, QImage::Format_RGB888);
        QTest::newRow("a narrow strip") << "strip.png" << painted(200, 4, QImage::Format_RGB888);
        QTest::newRow("grey") << "grey.png" << painted(64, 64, QImage::Format_Grayscale8);
        QTest::newRow("grey of 16 bits") << "deep.png" << painted(64, 64, QImage::Format_Grayscale16);
        QTest::newRow("with opacity") << "opacity.png" << painted(64, 64, QImage::Format_ARGB32);
        QTest::newRow("black and white") << "mono.png" << painted(64, 64, QImage::Format_Mono);
    }

    void picturesOfAnySizeAndDepthGoOnTheStage() {
        QFETCH(QString, name);
        QFETCH(QImage, image);
        const QString path = home_.path(name);
        QVERIFY(image.save(path));
        MainWindow window;
        window.showPage(MainWindow::Page::Explore);
        Workspace& workspace = window.workspace();
        workspace.openRun(home_.finishedRun());
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr && !workspace.samples().empty(), kLongMs);
        QSignalSpy pictures(&workspace, &Workspace::pictureChanged);
        const auto before = workspace.samples().size();
        drop(window, path);
        QTRY_COMPARE_WITH_TIMEOUT(workspace.samples().size(), before + 1, kLongMs);
        const auto isAnswered = [&] {
            if (pictures.isEmpty() || pictures.last()[1].toLongLong() != WindowHome::kSteps) return false;
            const auto& shown = std::get<ImagePicture>(*pictures.last()[0].value<std::shared_ptr<const Picture>>());
            return shown.original.width == 32 && shown.original.height == 32 && shown.original.channels == 3 && !shown.composite.empty();
        };
        QTRY_VERIFY_WITH_TIMEOUT(isAnswered(), kLongMs);
    }

    void aRunThatIsDeletedWhileItIsOpenIsSaid() {
        const QString run = copyOfARun(QStringLiteral("deleted"));
        MainWindow window;
        window.showPage(MainWindow::Page::Explore);
        Workspace& workspace = window.workspace();
        QSignalSpy pictures(&workspace, &Workspace::pictureChanged), states(&workspace, &Workspace::pictureStateChanged);
        QSignalSpy messages(&workspace, &Workspace::messaged);
        workspace.openRun(run);
        QTRY_VERIFY_WITH_TIMEOUT(!pictures.isEmpty() && pictures.last()[1].toLongLong() == WindowHome::kSteps, kLongMs);
        const std::size_t points = workspace.curves()->find(run)->of(Metric::TrainingLoss).size();
        fs::remove_all(run.toStdString());
        QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->state, RunState::Failed, kLongMs);
        QVERIFY(warnedOf(messages, run));
        QCOMPARE(workspace.curves()->find(run)->of(Metric::TrainingLoss).size(), points);  // what was read stays
        states.clear();
        workspace.setCursor(10);
        const auto failed = [&] {
            const auto state = states.isEmpty() ? ViewState() : states.last()[0].value<ViewState>();
            return state.kind == ViewState::Kind::Failed && state.hint.contains(run);
        };
        QTRY_VERIFY_WITH_TIMEOUT(failed(), kLongMs);
        // Another run opens as ever
        workspace.setFollowing(true);
        workspace.openRun(home_.finishedRun());
        QTRY_VERIFY_WITH_TIMEOUT(pictures.last()[1].toLongLong() == WindowHome::kSteps && states.last()[0].value<ViewState>() == ViewState::ready(),
                                 kLongMs);
    }

    void aRunThatComesBackIsReadAgain() {
        const QString run = copyOfARun(QStringLiteral("moved"));
        MainWindow window;
        window.workspace().openRun(run);
        QTRY_COMPARE_WITH_TIMEOUT(window.workspace().currentRun()->state, RunState::Finished, kLongMs);
        fs::rename(run.toStdString(), run.toStdString() + "-away");
        QTRY_COMPARE_WITH_TIMEOUT(window.workspace().currentRun()->state, RunState::Failed, kLongMs);
        fs::rename(run.toStdString() + "-away", run.toStdString());
        QTRY_COMPARE_WITH_TIMEOUT(window.workspace().currentRun()->state, RunState::Finished, kLongMs);
        QVERIFY(window.workspace().currentRun()->failure.isEmpty());
    }

    void damagedFilesOfARunAreNamed_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("words");
        QTest::newRow("metrics that are no numbers") << "metrics.csv" << QByteArray("step,loss\n1,much\n") << "metrics.csv:2";
        QTest::newRow("a description that is no TOML") << "run.toml" << QByteArray("format = ") << "run.toml";
        QTest::newRow("reference lines that are none") << "baselines.toml" << QByteArray("mean_patch = true\n") << "baselines.toml";
    }

    void damagedFilesOfARunAreNamed() {
        QFETCH(QString, file);
        QFETCH(QByteArray, content);
        QFETCH(QString, words);
        const QString run = copyOfARun(QStringLiteral("damaged-") + file);
        MainWindow window;
        window.workspace().openRun(run);
        QTRY_COMPARE_WITH_TIMEOUT(window.workspace().currentRun()->state, RunState::Finished, kLongMs);
        QSignalSpy messages(&window.workspace(), &Workspace::messaged);
        writeText(run + QLatin1Char('/') + file, content);
        if (file == QLatin1String("baselines.toml")) writeText(run + QStringLiteral("/metrics.csv"), metricsWithARowLess(run));
        QTRY_VERIFY_WITH_TIMEOUT(warnedOf(messages, words), kLongMs);
        QCOMPARE(window.workspace().currentRun()->state, RunState::Failed);
    }

    void aDamagedCheckpointIsNamedAndTheOthersAnswer() {
        const QString run = copyOfARun(QStringLiteral("checkpoint"));
        writeText(run + QStringLiteral("/checkpoints/step-40/model.safetensors"), QByteArray(100, 'x'));
        MainWindow window;
        window.showPage(MainWindow::Page::Explore);
        Workspace& workspace = window.workspace();
        QSignalSpy messages(&workspace, &Workspace::messaged), pictures(&workspace, &Workspace::pictureChanged);
        workspace.openRun(run);
        QTRY_VERIFY_WITH_TIMEOUT(warnedOf(messages, QStringLiteral("step-40")), kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(!pictures.isEmpty() && pictures.last()[1].toLongLong() == 30, kLongMs);  // the newest that is whole
        const auto& warnings = workspace.currentRun()->warnings;
        QVERIFY(std::any_of(warnings.begin(), warnings.end(), [](const auto& each) { return each.text.contains(QStringLiteral("step-40")); }));
    }

    void dataWithoutClassesHaveNoProbeAccuracyAndItIsSaidWhy() {
        const QString flat = home_.path(QStringLiteral("flat"));
        QDir().mkpath(flat);
        int number = 0;
        for (const auto& entry : fs::recursive_directory_iterator(home_.path(QStringLiteral("shapes/test")).toStdString()))
            if (entry.path().extension() == ".png")
                QVERIFY(QFile::copy(QString::fromStdString(entry.path().string()), QStringLiteral("%1/%2.png").arg(flat).arg(++number)));
        Project project = home_.project();
        project.data = flat;
        project.validation.clear();
        MainWindow window;
        window.showPage(MainWindow::Page::Train);
        QSignalSpy messages(&window.workspace(), &Workspace::messaged);
        window.workspace().loadProject(project);
        QTRY_VERIFY_WITH_TIMEOUT(window.workspace().data() != nullptr, kLongMs);
        window.workspace().start();
        QTRY_COMPARE_WITH_TIMEOUT(window.workspace().currentRun()->state, RunState::Finished, kLongMs);
        const auto isSaid = [&] {
            return std::any_of(messages.begin(), messages.end(), [](const auto& message) {
                return message[0].toString().contains(QStringLiteral("No probe accuracy")) &&
                       message[0].toString().contains(QStringLiteral("folder of its own"));
            });
        };
        QTRY_VERIFY_WITH_TIMEOUT(isSaid(), kLongMs);
        QVERIFY(window.workspace().curves()->find(window.workspace().currentRun()->id)->of(Metric::ProbeAccuracy).empty());
    }

    void aRunThatIsMovedAwayWhileItTrainsPausesUntilItIsBack() {
        MainWindow window;
        home_.load(window,
                   {QStringLiteral("train.steps=100000"), QStringLiteral("train.checkpoint_every=20"), QStringLiteral("train.snapshot_every=5")});
        Workspace& workspace = window.workspace();
        QSignalSpy messages(&workspace, &Workspace::messaged);
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr, kLongMs);
        workspace.start();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.currentRun()->step > 0, kLongMs);
        workspace.pause();
        QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->state, RunState::Paused, kLongMs);
        const fs::path run = workspace.currentRun()->id.toStdString(), away = run.string() + "-away";
        fs::rename(run, away);
        workspace.continueTraining();
        QTRY_VERIFY_WITH_TIMEOUT(warnedOf(messages, QStringLiteral("no longer there")), kLongMs);
        QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->state, RunState::Paused, kLongMs);
        QVERIFY(!fs::exists(run));  // not made anew without what belongs to a run
        fs::rename(away, run);
        const qint64 step = workspace.session().status().step;
        workspace.continueTraining();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.currentRun()->step > step, kLongMs);
        workspace.stop();
        QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->state, RunState::Stopped, kLongMs);
        QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->checkpoints.back(), workspace.currentRun()->step, kLongMs);
    }

    void aFullDiskPausesAndGoesOn() {
        MainWindow window;
        home_.load(window, {QStringLiteral("train.steps=100000"), QStringLiteral("train.checkpoint_every=20")});
        Workspace& workspace = window.workspace();
        QSignalSpy messages(&workspace, &Workspace::messaged);
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr, kLongMs);
        workspace.start();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.currentRun()->step > 0, kLongMs);
        workspace.pause();
        QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->state, RunState::Paused, kLongMs);
        const fs::path run = workspace.currentRun()->id.toStdString();
        fs::rename(run / "checkpoints", run / "elsewhere");  // root may write anywhere, but not where a file is in the way
        std::ofstream(run / "checkpoints") << "in the way";
        workspace.continueTraining();
        QTRY_VERIFY_WITH_TIMEOUT(warnedOf(messages, QStringLiteral("checkpoints")), kLongMs);
        QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->state, RunState::Paused, kLongMs);
        const qint64 step = workspace.session().status().step;
        fs::remove(run / "checkpoints");
        fs::rename(run / "elsewhere", run / "checkpoints");
        workspace.continueTraining();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.currentRun()->step > step, kLongMs);
        workspace.stop();
        QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->state, RunState::Stopped, kLongMs);
    }

private:
    static QByteArray halfOfAPicture() {
        QByteArray bytes;
        QBuffer buffer(&bytes);
        buffer.open(QIODevice::WriteOnly);
        painted(64, 64, QImage::Format_RGB888).save(&buffer, "PNG");
        return bytes.first(bytes.size() / 2);
    }
    static QByteArray metricsWithARowLess(const QString& run) {
        QFile file(run + QStringLiteral("/metrics.csv"));
        file.open(QIODevice::ReadOnly);
        const QByteArray all = file.readAll();
        return all.first(all.lastIndexOf('\n', -2) + 1);
    }
    QString copyOfARun(const QString& name) {
        const QString copy = home_.path(name);
        fs::copy(home_.finishedRun().toStdString(), copy.toStdString(), fs::copy_options::recursive);
        return copy;
    }

    WindowHome home_;
};

MASKSCOPE_TEST(TestBadInput)
#include "tst_bad_input.moc"
