#include <QSignalSpy>
#include <QtTest>

#include "app/gui/model_card.h"
#include "support/test_main.h"
#include "widgets/panels/action_button.h"
#include "widgets/panels/control_bar.h"
#include "widgets/panels/status_line.h"
#include "widgets/pictures/picture_stage.h"
#include "window_home.h"

using namespace maskscope;
using namespace maskscope::testing;

namespace {

QString caseModel(const QString& name) { return qEnvironmentVariable("MASKSCOPE_SOURCE_DIR") + "/tests/parity/" + name + "/model"; }

const ImagePicture* lastImage(const QSignalSpy& pictures) {
    if (pictures.isEmpty()) return nullptr;
    const auto picture = pictures.last()[0].value<std::shared_ptr<const Picture>>();
    return std::get_if<ImagePicture>(picture.get());
}

}  // namespace

/// Checkpoints of other programs in the window.
class TestModelWindow : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aDroppedCheckpointAnswersLikeARun() {
        MainWindow window;
        home_.load(window);
        Workspace& workspace = window.workspace();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr, kLongMs);
        QSignalSpy pictures(&workspace, &Workspace::pictureChanged), attention(&workspace, &Workspace::attentionChanged),
            features(&workspace, &Workspace::featuresChanged), work(&workspace, &Workspace::workChanged);
        drop(window, caseModel(QStringLiteral("vit_mae_1_base")));
        QVERIFY(workspace.checkpoint() == nullptr && !work.isEmpty());  // it is opened elsewhere, and the window says so
        QTRY_VERIFY_WITH_TIMEOUT(workspace.checkpoint() != nullptr, kLongMs);
        const QString card = window.views().modelCard()->text();
        QVERIFY2(card.contains(QStringLiteral("ViT-MAE")) && card.contains(QStringLiteral("reconstructs the pixels")), qPrintable(card));
        QVERIFY(window.areas()->isViewShown(QStringLiteral("model")));
        QVERIFY(!window.views().modelCard()->decoderButton()->isVisibleTo(&window));  // it has one
        const auto isAnswered = [&] {
            const ImagePicture* image = lastImage(pictures);
            return image != nullptr && image->rows == 4 && image->columns == 4 && !image->prediction.empty();
        };
        QTRY_VERIFY_WITH_TIMEOUT(isAnswered(), kLongMs);
        // The brush
        std::vector<std::uint8_t> hidden(16, 0);
        hidden[5] = 1;
        pictures.clear();
        workspace.setMask(hidden);
        QTRY_VERIFY_WITH_TIMEOUT(isAnswered() && lastImage(pictures)->hidden == hidden, kLongMs);
        // Attention and features
        window.areas()->showView(QStringLiteral("attention"));
        QTRY_VERIFY_WITH_TIMEOUT(!attention.isEmpty() && attention.last()[0].value<std::shared_ptr<const AttentionRecord>>() != nullptr, kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(!features.isEmpty(), kLongMs);
        // It is no run, and says what a run would need
        QVERIFY(workspace.currentRun() == nullptr && !workspace.cursor());
        QVERIFY(!window.controlBar()->primaryButton()->isAvailable());
        QVERIFY(workspace.commandLine().contains(QStringLiteral("--model")));
    }

    void itIsShownOnOtherDataAndClosedAgain() {
        MainWindow window;
        home_.load(window);
        Workspace& workspace = window.workspace();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr, kLongMs);
        workspace.openModel(caseModel(QStringLiteral("vit_mae_1_base")));
        QTRY_VERIFY_WITH_TIMEOUT(workspace.checkpoint() != nullptr && workspace.data() != nullptr, kLongMs);
        QSignalSpy pictures(&workspace, &Workspace::pictureChanged);
        workspace.openPath(home_.path(QStringLiteral("shapes/test")));
        QTRY_VERIFY_WITH_TIMEOUT(lastImage(pictures) != nullptr && !lastImage(pictures)->prediction.empty(), kLongMs);
        QVERIFY(workspace.checkpoint() != nullptr);
        workspace.setSetting(QStringLiteral("mask.ratio"), QStringLiteral("0.5"));
        QVERIFY(workspace.checkpoint() != nullptr && !workspace.project().settings.join(QChar(' ')).contains(QStringLiteral("mask.ratio")));
        pictures.clear();
        window.views().modelCard()->closeButton()->click();
        QVERIFY(workspace.checkpoint() == nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(window.controlBar()->primaryButton()->isAvailable(), kLongMs);
        QTRY_VERIFY_WITH_TIMEOUT(lastImage(pictures) != nullptr && lastImage(pictures)->rows == 8 && lastImage(pictures)->prediction.empty(),
                                 kLongMs);
    }

    void whatNoMethodHoldsIsExplained_data() {
        QTest::addColumn<QString>("model");
        QTest::newRow("a model of series") << "patchtst_1_base";
        QTest::newRow("a model of sound") << "wav2vec2_1_base";
    }
    void whatNoMethodHoldsIsExplained() {
        QFETCH(QString, model);
        MainWindow window;
        home_.load(window);
        Workspace& workspace = window.workspace();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr, kLongMs);
        workspace.openModel(caseModel(model));
        QTRY_VERIFY_WITH_TIMEOUT(workspace.checkpoint() != nullptr, kLongMs);
        QVERIFY(!workspace.checkpoint()->canAnswer() && !workspace.checkpoint()->card.worksNot.empty());
        const QString reason = QString::fromStdString(workspace.checkpoint()->card.worksNot.front());
        QVERIFY2(window.views().modelCard()->text().contains(reason), qPrintable(reason));
        QVERIFY(window.controlBar()->primaryButton()->isAvailable());  // what was being set up is still there
    }

    void whatCannotBeOpenedIsSaid_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("a file cut short") << "cut.safetensors" << QByteArray("\x80\0\0\0\0\0\0\0{\"a\"", 12);
        QTest::newRow("a pickle that is none") << "no.pth" << QByteArray("PK\x03\x04 nothing");
    }
    void whatCannotBeOpenedIsSaid() {
        QFETCH(QString, name);
        QFETCH(QByteArray, content);
        QFile file(home_.path(name));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(content) == content.size());
        file.close();
        MainWindow window;
        home_.load(window);
        Workspace& workspace = window.workspace();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr, kLongMs);
        QSignalSpy messages(&workspace, &Workspace::messaged);
        drop(window, home_.path(name));
        QTRY_VERIFY_WITH_TIMEOUT(warnedOf(messages, name), kLongMs);
        QVERIFY(workspace.checkpoint() == nullptr && window.controlBar()->primaryButton()->isAvailable());
    }

    void anEncoderWithoutADecoderGetsOne() {
        MainWindow window;
        home_.load(window);
        Workspace& workspace = window.workspace();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.data() != nullptr, kLongMs);
        QSignalSpy pictures(&workspace, &Workspace::pictureChanged), attention(&workspace, &Workspace::attentionChanged);
        workspace.openModel(caseModel(QStringLiteral("clip_vision_1_quickgelu")));
        QTRY_VERIFY_WITH_TIMEOUT(workspace.checkpoint() != nullptr && workspace.data() != nullptr && !workspace.samples().empty(), kLongMs);
        // The picture itself, and where the encoder looks
        QTRY_VERIFY_WITH_TIMEOUT(lastImage(pictures) != nullptr && lastImage(pictures)->prediction.empty(), kLongMs);
        window.areas()->showView(QStringLiteral("attention"));
        QTRY_VERIFY_WITH_TIMEOUT(!attention.isEmpty() && attention.last()[0].value<std::shared_ptr<const AttentionRecord>>() != nullptr, kLongMs);
        window.areas()->showView(QStringLiteral("model"));
        ActionButton* button = window.views().modelCard()->decoderButton();
        QVERIFY(button->isVisibleTo(&window) && button->isAvailable());
        button->click();
        QTRY_VERIFY_WITH_TIMEOUT(workspace.currentRun() != nullptr && workspace.currentRun()->step > 2, kLongMs);
        QVERIFY(workspace.checkpoint() == nullptr);
        QCOMPARE(QString::fromStdString(workspace.currentRun()->recipe.id), QStringLiteral("decoder"));
        QTRY_VERIFY_WITH_TIMEOUT(lastImage(pictures) != nullptr && !lastImage(pictures)->prediction.empty(), kLongMs);
        workspace.stop();
        QTRY_COMPARE_WITH_TIMEOUT(workspace.currentRun()->state, RunState::Stopped, kLongMs);
    }

private:
    WindowHome home_;
};

MASKSCOPE_TEST(TestModelWindow)
#include "tst_model_window.moc"
