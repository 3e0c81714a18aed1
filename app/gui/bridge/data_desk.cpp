#include "app/gui/bridge/data_desk.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include <ATen/ATen.h>

#include "analysis/mask_lab.h"
#include "core/error.h"
#include "data/split.h"
#include "recipes/components.h"
#include "recipes/mask_preview.h"
#include "recipes/recipe_trial.h"
#include "sample_data/graph_data.h"
#include "sample_data/sample_data.h"
#include "sample_data/text_data.h"
#include "widgets/plots/numbers.h"

namespace maskscope {
namespace {

constexpr std::chrono::milliseconds kLockPatience{50};
constexpr std::int64_t kThumbnails = 4, kExampleSamples = 10;
constexpr std::int64_t kTriedSamples = 2;  // a mixture takes another one
enum Kind { kOpen, kImages, kPreview, kLab, kFill };
enum BackgroundKind { kTrial, kFirstExample };  // examples last: a number each

QString text(const std::string& value) { return QString::fromStdString(value); }

std::vector<Picture> picturesOf(const OpenedData& data, const std::vector<std::int64_t>& ids, const std::stop_token& stop) {
    const View view = data.domain->evaluationView(*data.training, evenlySpread(ids, kThumbnails), stop);
    return data.domain->pictures(view, at::zeros({view.batch(), view.geometry.tokens()}), nullptr);
}

}  // namespace

DataDesk::DataDesk(QObject* parent) : QObject(parent), worker_(std::make_unique<NewestWorker>()), background_(std::make_unique<NewestWorker>()) {}

DataDesk::~DataDesk() {
    background_.reset();  // first: the other may wait for the samples that it draws
    worker_.reset();
}

void DataDesk::deliver(std::function<void()> call) { QMetaObject::invokeMethod(this, std::move(call), Qt::QueuedConnection); }

QString DataDesk::sampleDataFolder() { return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + QStringLiteral("/sample-data"); }

QString DataDesk::sampleGraphsFolder() {
    return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + QStringLiteral("/sample-graphs");
}

QString DataDesk::sampleTextsFolder() { return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + QStringLiteral("/sample-texts"); }

Project DataDesk::onSamplesOf(SampleKind kind, Project project) {
    const QString folders[] = {sampleDataFolder(), sampleTextsFolder(), sampleGraphsFolder()};  // in the order of SampleKind
    const bool isOnSamples =
        std::any_of(std::begin(folders), std::end(folders), [&](const QString& folder) { return project.data == folder + QStringLiteral("/train"); });
    const QString& own = folders[static_cast<std::size_t>(kind)];
    if (!isOnSamples || project.data == own + QStringLiteral("/train")) return project;
    project.data = own + QStringLiteral("/train");
    project.validation = own + QStringLiteral("/test");
    return project;
}

void DataDesk::open(const Project& project, const RecipeReading& reading, const QString& run) {
    worker_->post(kOpen, [this, project, reading, run](const std::stop_token& stop) {
        try {
            std::shared_ptr<const OpenedData> data = openProject(project, reading, run, stop);
            if (!stop.stop_requested()) deliver([this, data] { Q_EMIT opened(data); });
        } catch (const StoppedError&) {
            return;
        } catch (const std::exception& error) {
            deliver([this, path = project.data, what = text(error.what())] { Q_EMIT openFailed(path, what); });
        }
    });
}

void DataDesk::generateSamples(const QString& path, const std::stop_token& stop, Telling telling) {
    const QString folders[] = {sampleDataFolder(), sampleTextsFolder(), sampleGraphsFolder()};  // in the order of SampleKind
    const auto* folder =
        std::find_if(std::begin(folders), std::end(folders), [&](const QString& each) { return path.startsWith(each + QLatin1Char('/')); });
    if (folder == std::end(folders)) return;
    std::unique_lock lock(generating_, std::defer_lock);
    while (!lock.try_lock()) {  // not lock(): whoever waits can be stopped
        if (stop.stop_requested()) throw StoppedError("the sample data are no longer wanted");
        std::this_thread::sleep_for(kLockPatience);
    }
    if (QFileInfo::exists(*folder + QStringLiteral("/manifest.toml"))) return;
    QDir().mkpath(*folder);
    const auto tell = [&](const QString& what, std::int64_t done = 0, std::int64_t total = 0) {
        if (telling == Telling::Aloud) deliver([this, what, done, total] { Q_EMIT working(what, done, total); });
    };
    switch (static_cast<SampleKind>(folder - std::begin(folders))) {
        case SampleKind::Image:
            generateSampleData(
                folder->toStdString(), {}, [&](std::int64_t done, std::int64_t total) { tell(tr("Drawing the sample pictures"), done, total); },
                stop);
            break;
        case SampleKind::Text:
            tell(tr("Writing the sample texts"));
            generateTextData(folder->toStdString());
            break;
        case SampleKind::Graph:
            tell(tr("Drawing the sample graphs"));
            generateGraphData(folder->toStdString());
            break;
    }
}

std::shared_ptr<OpenedData> DataDesk::openProject(const Project& project, const RecipeReading& reading, const QString& run,
                                                  const std::stop_token& stop) {
    generateSamples(project.data, stop, Telling::Aloud);
    auto data = std::make_shared<OpenedData>();
    const std::shared_ptr<DataDomain> domain = makeDomain(reading.spec.input, reading.spec.viewRequests(reading.settings.augment));
    data->domain = domain;
    DomainOptions options;
    options.cacheMb = 0;  // training keeps its own
    options.stop = stop;
    options.progress = [this](const std::string& what) -> Progress {
        return
            [this, what](std::int64_t done, std::int64_t total) { deliver([this, what, done, total] { Q_EMIT working(text(what), done, total); }); };
    };
    data->training = data->domain->open(project.data.toStdString(), options);
    std::vector<std::int64_t> trained = allSamples(*data->training), held;
    if (project.validation.isEmpty()) {
        data->validation = data->training;
        HoldOut split = holdOutForValidation(*data->training, reading.settings.validationShare);
        held = std::move(split.validation);
        trained = std::move(split.train);
    } else {
        data->validation = data->domain->open(project.validation.toStdString(), options);
        held = allSamples(*data->validation);
    }
    if (run.isEmpty())
        domain->fit(*data->training, trained, stop);  // what a new run would learn from these data, too: a vocabulary, the kinds of nodes
    else
        domain->load(run.toStdString());
    data->held = evenlySpread(held, reading.settings.validationImages);
    for (const std::int64_t id : evenlySpread(data->held, reading.settings.probeImages))
        data->probes.push_back({data->validation, id, text(data->validation->sampleName(id))});

    DataSummary& summary = data->summary;
    const Dataset& training = *data->training;
    summary.card.title = QFileInfo(project.data).fileName() == QLatin1String("train") ? QFileInfo(QFileInfo(project.data).path()).fileName()
                                                                                      : QFileInfo(project.data).fileName();
    summary.card.lines << tr("%1 + %2 held out").arg(exact(static_cast<qint64>(trained.size())), exact(static_cast<qint64>(held.size())));
    QStringList about;
    if (!training.classNames().empty()) about << tr("%1 classes").arg(exact(static_cast<qint64>(training.classNames().size())));
    if (!training.problems().empty()) about << tr("%1 skipped").arg(exact(static_cast<qint64>(training.problems().size())));
    if (about.isEmpty()) about << text(training.form());
    summary.card.lines << about.join(QStringLiteral(", "));
    data->shown = picturesOf(*data, trained, stop);
    return data;
}

void DataDesk::openImages(const QString& path, const RecipeReading& reading, std::shared_ptr<const DataDomain> domain, int most) {
    worker_->post(kImages, [this, path, reading, domain = std::move(domain), most](const std::stop_token& stop) {
        try {
            auto data = std::make_shared<OpenedData>();
            data->domain = domain != nullptr ? domain : makeDomain(reading.spec.input);
            DomainOptions options;
            options.cacheMb = 0;
            options.stop = stop;
            data->training = data->validation = data->domain->open(path.toStdString(), options);
            for (const std::int64_t id : evenlySpread(allSamples(*data->training), most))
                data->probes.push_back({data->training, id, text(data->training->sampleName(id))});
            deliver([this, path, data] { Q_EMIT imagesOpened(path, data); });
        } catch (const StoppedError&) {
            return;
        } catch (const std::exception& error) {
            deliver([this, path, what = text(error.what())] { Q_EMIT openFailed(path, what); });
        }
    });
}

void DataDesk::preview(const std::shared_ptr<const OpenedData>& data, const ShownSample& sample, const RecipeReading& reading, quint64 seed) {
    if (data == nullptr) return;
    worker_->post(kPreview, [this, data, sample, spec = reading.spec, seed](const std::stop_token& stop) {
        try {
            const View view = data->domain->evaluationView(*sample.data, {sample.sample}, stop);
            const PreviewedMask mask = previewMask(spec, view, seed);
            auto pictures = data->domain->pictures(view, mask.hidden, mask.shown());
            if (pictures.empty() || stop.stop_requested()) return;
            auto picture = std::make_shared<const Picture>(std::move(pictures.front()));
            deliver([this, picture] { Q_EMIT previewed(picture); });
        } catch (const StoppedError&) {
            return;
        } catch (const std::exception& error) {
            deliver([this, what = text(error.what())] { Q_EMIT drawFailed(what); });
        }
    });
}

void DataDesk::drawExample(const QString& id, const Project& project, int index) {
    background_->post(kFirstExample + index, [this, id, project, index](const std::stop_token& stop) {
        try {
            generateSamples(project.data, stop, Telling::Silent);
            const RecipeReading reading = readRecipe(project);
            const auto domain = makeDomain(reading.spec.input);
            DomainOptions options;
            options.cacheMb = 0;
            options.stop = stop;
            const auto data = domain->open((project.validation.isEmpty() ? project.data : project.validation).toStdString(), options);
            domain->fit(*data, allSamples(*data), stop);
            const std::vector<std::int64_t> samples = evenlySpread(allSamples(*data), kExampleSamples);
            const View view = domain->evaluationView(*data, {samples[static_cast<std::size_t>(index) % samples.size()]}, stop);
            const PreviewedMask mask = previewMask(reading.spec, view, 1);
            auto pictures = domain->pictures(view, mask.hidden, mask.shown());
            if (pictures.empty()) return;
            auto picture = std::make_shared<const Picture>(std::move(pictures.front()));
            deliver([this, id, picture] { Q_EMIT exampleDrawn(id, picture); });
        } catch (const std::exception&) {
            return;  // an example without a picture can be started all the same; what is wrong is said then
        }
    });
}

void DataDesk::tryRecipe(const std::shared_ptr<const OpenedData>& data, const RecipeReading& reading) {
    background_->post(kTrial, [this, data, recipe = reading.recipe.root](const std::stop_token& stop) {
        try {
            const View view = data->domain->evaluationView(*data->training, evenlySpread(allSamples(*data->training), kTriedSamples), stop);
            const RecipeTrial trial = maskscope::tryRecipe(recipe, view, stop);
            QMap<QString, QString> problems;
            for (const MaskChoice& choice : trial.masks)
                if (!choice.problem.empty()) problems.insert(text(choice.strategy), text(choice.problem));
            if (!stop.stop_requested()) deliver([this, parameters = trial.parameters, problems] { Q_EMIT recipeTried(parameters, problems); });
        } catch (const std::exception&) {
            return;  // what is wrong with the data or the recipe is said by those who need them
        }
    });
}

void DataDesk::drawMasks(const MaskLabRequest& request, const RecipeReading& reading) {
    const ImageInput* image = reading.spec.input.ifImage();
    if (image == nullptr) return Q_EMIT drawFailed(tr("The mask laboratory draws on grids of patches; this recipe's input has none."));
    worker_->post(kLab, [this, request, rows = image->gridRows(), columns = image->gridColumns()](const std::stop_token& stop) {
        try {
            auto sheet = drawMaskLab(request, Geometry::grid(1, {rows, columns}), stop);
            if (!sheet) return;
            auto shared = std::make_shared<const MaskLabSheet>(std::move(*sheet));
            deliver([this, shared] { Q_EMIT masksDrawn(shared); });
        } catch (const std::exception& error) {
            deliver([this, what = text(error.what())] { Q_EMIT drawFailed(what); });
        }
    });
}

void DataDesk::fillMask(const QString& strategy, double ratio, const RecipeReading& reading, quint64 seed) {
    const ImageInput* image = reading.spec.input.ifImage();
    if (image == nullptr) return;
    worker_->post(kFill, [this, strategy, ratio, rows = image->gridRows(), columns = image->gridColumns(), seed](const std::stop_token& stop) {
        try {
            const MaskLabRequest request{.strategies = {strategy.toStdString()}, .ratios = {ratio}, .seeds = {seed}, .draws = 1};
            const auto sheet = drawMaskLab(request, Geometry::grid(1, {rows, columns}), stop);
            if (!sheet || sheet->strategies.empty()) return;
            const MaskLabSheet::Strategy& drawn = sheet->strategies.front();
            if (drawn.masks.empty()) throw UsageError(drawn.problem);
            deliver([this, hidden = drawn.masks.front()] { Q_EMIT maskFilled(hidden); });
        } catch (const std::exception& error) {
            deliver([this, what = text(error.what())] { Q_EMIT drawFailed(what); });
        }
    });
}

}  // namespace maskscope
