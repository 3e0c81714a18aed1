#pragma once

#include <QByteArray>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QList>
#include <QProcess>
#include <QStringList>
#include <QTemporaryDir>
#include <QThread>

#include <csignal>
#include <functional>
#include <map>
#include <memory>

/// The command line as a process, and what runs leave on the disk.
namespace maskscope::testing {

constexpr int kPatienceMs = 120'000;  // far beyond what a healthy command takes, sanitizers included

struct Outcome {
    int status = -1;  // -1: ended by a signal, or not started
    QByteArray out, err;

    QStringList lines(const QByteArray& text) const { return QString::fromUtf8(text).split(QLatin1Char('\n'), Qt::SkipEmptyParts); }
    /// What the only `error: ` line says; empty if there is none, or more than one.
    QString problem() const {
        const QStringList errors = lines(err).filter(QStringLiteral("error: "));
        return errors.size() == 1 && errors[0].startsWith(QStringLiteral("error: ")) ? errors[0].mid(7) : QString();
    }
    /// Every line of stdout as JSON; empty if one of them is not.
    QList<QJsonDocument> json() const {
        QList<QJsonDocument> documents;
        for (const QByteArray& line : out.split('\n')) {
            if (line.isEmpty()) continue;
            QJsonParseError error{};
            documents << QJsonDocument::fromJson(line, &error);
            if (error.error != QJsonParseError::NoError) return {};
        }
        return documents;
    }
    QJsonObject lastObject() const { return json().isEmpty() ? QJsonObject() : json().last().object(); }
    /// For QVERIFY2.
    QByteArray told() const { return "status " + QByteArray::number(status) + "\nstdout: " + out + "\nstderr: " + err; }
};

class CliProcess {
public:
    explicit CliProcess(const QStringList& arguments, const QString& folder = {}) {
        if (!folder.isEmpty()) process_.setWorkingDirectory(folder);
        process_.start(qEnvironmentVariable("MASKSCOPE_CLI"), arguments);
        process_.waitForStarted(kPatienceMs);
    }
    ~CliProcess() {
        process_.kill();
        process_.waitForFinished(kPatienceMs);
    }
    qint64 pid() const { return process_.processId(); }
    bool isRunning() { return !process_.waitForFinished(0) && process_.state() != QProcess::NotRunning; }
    void signal(int number) { ::kill(static_cast<pid_t>(process_.processId()), number); }
    bool waitUntil(const std::function<bool()>& reached) {
        QElapsedTimer clock;
        clock.start();
        while (!reached()) {
            if (clock.elapsed() > kPatienceMs || !isRunning()) return reached();
            QThread::msleep(5);
        }
        return true;
    }
    bool waitForText(const QByteArray& text) {
        return waitUntil([&] {
            err_ += process_.readAllStandardError();
            return err_.contains(text);
        });
    }
    Outcome finish() {
        Outcome outcome;
        if (process_.state() != QProcess::NotRunning && !process_.waitForFinished(kPatienceMs)) return outcome;
        outcome.out = process_.readAllStandardOutput();
        outcome.err = err_ + process_.readAllStandardError();
        if (process_.exitStatus() == QProcess::NormalExit) outcome.status = process_.exitCode();
        return outcome;
    }

private:
    QProcess process_;
    QByteArray err_;
};

inline Outcome runCli(const QStringList& arguments, const QString& folder = {}) { return CliProcess(arguments, folder).finish(); }

/// Pictures for all tests of the program: train/<class>/NNNN.png (40), test/<class>/NNNN.png (10), ten classes.
inline QString pictures(const QString& part) {
    static const std::unique_ptr<QTemporaryDir> folder = [] {
        auto made = std::make_unique<QTemporaryDir>();
        runCli({QStringLiteral("sample-data"), QStringLiteral("--out"), made->path(), QStringLiteral("--train"), QStringLiteral("40"),
                QStringLiteral("--test"), QStringLiteral("10"), QStringLiteral("--size"), QStringLiteral("32")});
        return made;
    }();
    return folder->filePath(part);
}

inline QString onePicture() { return pictures(QStringLiteral("test/disc/0000.png")); }

/// `--set` before every setting.
inline QStringList settings(const QStringList& values) {
    QStringList arguments;
    for (const QString& value : values) arguments << QStringLiteral("--set") << value;
    return arguments;
}

/// The smallest model that is whole, for 12 steps of milliseconds; later settings win.
inline QStringList tiny(const QStringList& changes = {}) {
    return settings(
               QStringLiteral(
                   "encoder.width=16 encoder.depth=1 encoder.heads=2 objective.head.width=16 objective.head.heads=2 train.steps=12 "
                   "train.batch=8 train.checkpoint_every=3 train.validate_every=4 train.snapshot_every=4 train.schedule.warmup=2 train.threads=1")
                   .split(QLatin1Char(' '))) +
           settings(changes);
}

inline QStringList trainArguments(const QString& out, const QStringList& changes = {}, const QStringList& more = {}) {
    return QStringList{QStringLiteral("train"),  QStringLiteral("mae"),
                       QStringLiteral("--data"), pictures(QStringLiteral("train")),
                       QStringLiteral("--val"),  pictures(QStringLiteral("test")),
                       QStringLiteral("--out"),  out} +
           tiny(changes) + more;
}

inline QByteArray contentOf(const QString& file) {
    QFile stream(file);
    return stream.open(QIODevice::ReadOnly) ? stream.readAll() : QByteArray();
}

inline bool writeFile(const QString& file, const QByteArray& content) {
    QDir().mkpath(QFileInfo(file).path());
    QFile stream(file);
    return stream.open(QIODevice::WriteOnly) && stream.write(content) == content.size();
}

/// A binary PGM or PPM of one level a channel.
inline QByteArray plainPicture(int width, int height, int channels) {
    QByteArray picture = (channels == 1 ? "P5\n" : "P6\n") + QByteArray::number(width) + ' ' + QByteArray::number(height) + "\n255\n";
    for (int i = 0; i < width * height * channels; ++i) picture += static_cast<char>(40 + (i * 7) % 150);
    return picture;
}

/// One column of metrics.csv, as text: equal text is an equal number, bit for bit.
inline QStringList metricsColumn(const QString& run, const QString& name) {
    const QStringList rows = QString::fromUtf8(contentOf(run + QStringLiteral("/metrics.csv"))).split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    QStringList column;
    const qsizetype place = rows.isEmpty() ? -1 : rows[0].split(QLatin1Char(',')).indexOf(name);
    for (qsizetype i = 1; place >= 0 && i < rows.size(); ++i) column << rows[i].split(QLatin1Char(',')).value(place);
    return column;
}

inline QString checkpointFile(const QString& run, int step, const QString& file = QStringLiteral("model.safetensors")) {
    return QStringLiteral("%1/checkpoints/step-%2/%3").arg(run).arg(step).arg(file);
}

inline QByteArray model(const QString& run, int step) { return contentOf(checkpointFile(run, step)); }
inline QByteArray optimizer(const QString& run, int step) { return contentOf(checkpointFile(run, step, QStringLiteral("optimizer.safetensors"))); }

/// The steps of the checkpoints in a run's folder, rising.
inline QList<int> checkpointSteps(const QString& run) {
    QList<int> steps;
    for (const QString& name : QDir(run + QStringLiteral("/checkpoints")).entryList({QStringLiteral("step-*")}, QDir::Dirs))
        steps << name.mid(5).toInt();
    std::sort(steps.begin(), steps.end());
    return steps;
}

inline bool isPng(const QString& file) { return contentOf(file).startsWith("\x89PNG\r\n"); }

/// Everything below a folder with its size, to see that nothing was left or lost.
inline QStringList listing(const QString& folder) {
    QStringList names;
    const auto walk = [&](const auto& self, const QString& place) -> void {
        for (const QFileInfo& item : QDir(place).entryInfoList(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot, QDir::Name)) {
            names << QStringLiteral("%1 %2").arg(item.filePath()).arg(item.isDir() ? 0 : item.size());
            if (item.isDir() && !item.isSymLink()) self(self, item.filePath());
        }
    };
    walk(walk, folder);
    return names;
}

/// A tmpfs that goes with the object.
class SmallDisk {
public:
    SmallDisk(const QString& folder, const QString& options) : folder_(folder) {
        QDir().mkpath(folder);
        mounted_ = QProcess::execute(QStringLiteral("mount"), {QStringLiteral("-t"), QStringLiteral("tmpfs"), QStringLiteral("-o"), options,
                                                               QStringLiteral("tmpfs"), folder}) == 0;
    }
    ~SmallDisk() {
        if (mounted_) QProcess::execute(QStringLiteral("umount"), {folder_});
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    bool isMounted() const { return mounted_; }
    bool change(const QString& options) const {
        return QProcess::execute(QStringLiteral("mount"), {QStringLiteral("-o"), QStringLiteral("remount,") + options, folder_}) == 0;
    }

private:
    QString folder_;
    bool mounted_ = false;
};

inline bool isLong() { return qEnvironmentVariableIsSet("MASKSCOPE_LONG"); }

}  // namespace maskscope::testing
