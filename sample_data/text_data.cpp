#include "sample_data/text_data.h"

#include <array>

#include <fmt/format.h>

#include "core/error.h"
#include "core/files.h"
#include "core/toml.h"

namespace maskscope {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kVersion = 1;  // of the texts: raise it when they change
constexpr const char* kGenerator = "maskscope sample texts";
constexpr const char* kManifest = "manifest.toml";

struct Animal {
    const char *one, *many, *does, *doMany, *where, *eats, *food, *young;
};

constexpr std::array<Animal, 10> kAnimals{{
    {"fish", "fish", "swims", "swim", "in the cold river", "eats", "small water plants", "fry"},
    {"duck", "ducks", "swims", "swim", "on the quiet pond", "eats", "grass and bread", "ducklings"},
    {"swallow", "swallows", "flies", "fly", "over the old barn", "catches", "flies in the air", "chicks"},
    {"eagle", "eagles", "flies", "fly", "over the high mountain", "catches", "hares on the ground", "chicks"},
    {"horse", "horses", "runs", "run", "across the wide field", "eats", "hay and oats", "foals"},
    {"hare", "hares", "runs", "run", "through the tall grass", "eats", "clover and leaves", "leverets"},
    {"cat", "cats", "sleeps", "sleep", "beside the warm stove", "catches", "mice in the cellar", "kittens"},
    {"dog", "dogs", "sleeps", "sleep", "before the front door", "eats", "meat from a bowl", "puppies"},
    {"snake", "snakes", "crawls", "crawl", "under the flat stones", "catches", "frogs near the water", "hatchlings"},
    {"snail", "snails", "crawls", "crawl", "along the garden wall", "eats", "lettuce and cabbage", "little snails"},
}};
constexpr std::array<const char*, 8> kColours{"black", "white", "brown", "grey", "young", "old", "small", "large"};
constexpr std::array<const char*, 4> kTimes{"In the morning", "At noon", "In the evening", "At night"};
constexpr std::array<const char*, 4> kLights{"the sun rises", "the sun stands high", "the sun goes down", "the moon shines"};
constexpr std::array<const char*, 6> kNumbers{"one", "two", "three", "four", "five", "six"};
constexpr std::array<const char*, 7> kDays{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

template <typename Array>
std::size_t pick(RandomStream& random, const Array& from) {
    return static_cast<std::size_t>(random.below(from.size()));
}

std::string aboutOne(const Animal& animal, RandomStream& random) {
    const char* colour = kColours[pick(random, kColours)];
    return fmt::format("The {0} {1} {2} {3}. It {4} {5}. Everybody knows the {0} {1}.", colour, animal.one, animal.does, animal.where, animal.eats,
                       animal.food);
}

std::string aboutMany(const Animal& animal, RandomStream& random) {
    const std::size_t first = random.below(3), more = random.below(3);
    return fmt::format("There {} {} {} and then {} more, so now there are {} of them. The {} {} {}.", first == 0 ? "is" : "are", kNumbers[first],
                       first == 0 ? animal.one : animal.many, kNumbers[more], kNumbers[first + more + 1], animal.many, animal.doMany, animal.where);
}

std::string aboutDays(const Animal& animal, RandomStream& random) {
    const std::size_t day = pick(random, kDays);
    return fmt::format("On {} the {} had {}. {} came after {}, and the {} {} {}.", kDays[day], animal.one, animal.young,
                       kDays[(day + 1) % kDays.size()], kDays[day], animal.young, animal.doMany, animal.where);
}

std::string writtenLines(const char* purpose, int count, std::uint64_t seed) {
    std::string lines;
    for (int number = 0; number < count; ++number)
        lines += sample_data::drawText(RandomStream(seed, purpose, 0, static_cast<std::uint64_t>(number))) + '\n';
    return lines;
}

/// Whether the folder holds texts that this generator did not write.
bool holdsOthers(const fs::path& folder) {
    std::error_code code;
    if (!fs::exists(folder / kManifest, code)) return fs::exists(folder / "train", code) || fs::exists(folder / "test", code);
    try {
        const Value* generator = nullptr;
        const Value manifest = readToml(folder / kManifest);
        generator = manifest.find("generator");
        return generator == nullptr || !(*generator == Value(kGenerator));
    } catch (const RecipeError&) {
        return true;
    }
}

}  // namespace

std::string sample_data::drawText(RandomStream random) {
    const Animal& animal = kAnimals[pick(random, kAnimals)];
    const std::size_t time = pick(random, kTimes);
    const std::string opening = fmt::format("{} {}. ", kTimes[time], kLights[time]);
    switch (random.below(3)) {
        case 0:
            return opening + aboutOne(animal, random);
        case 1:
            return opening + aboutMany(animal, random);
        default:
            return opening + aboutDays(animal, random);
    }
}

void generateTextData(const fs::path& folder, const TextDataOptions& options) {
    if (options.trainTexts < 1 || options.testTexts < 0)
        throw UsageError(fmt::format("sample texts: {} for training and {} for testing, expected at least one for training", options.trainTexts,
                                     options.testTexts));
    if (holdsOthers(folder))
        throw FileError(fmt::format("{}: it holds other data, which are not overwritten; choose another folder", folder.string()));
    Value manifest;
    manifest.set("generator", kGenerator);
    manifest.set("version", kVersion);
    manifest.set("seed", static_cast<std::int64_t>(options.seed));
    manifest.set("train_texts", options.trainTexts);
    manifest.set("test_texts", options.testTexts);
    makeFolder(folder / "train");
    writeFileAtomically(folder / kManifest, writeToml(manifest));
    writeFileAtomically(folder / "train" / "texts.txt", writtenLines("sample-texts/train", options.trainTexts, options.seed));
    if (options.testTexts == 0) return;
    makeFolder(folder / "test");
    writeFileAtomically(folder / "test" / "texts.txt", writtenLines("sample-texts/test", options.testTexts, options.seed));
}

}  // namespace maskscope
