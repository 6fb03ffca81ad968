#!/bin/sh
# Makes the files of simulator/content/media. Needs ffmpeg 5 or newer with libx264 and libmp3lame, zip, and the project's
# development packages (sharp, playwright-core). The files are committed: run this only after changing a picture or a script.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$here/media
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$out"
mkdir -p "$out/hls/lake" "$out/hls/pear"

ff() { ffmpeg -hide_banner -loglevel error -y -threads 1 "$@"; }
bitexact="-fflags +bitexact -flags:v +bitexact -flags:a +bitexact -map_metadata -1"

node "$here/draw-media.mjs" "$work"
mv "$work"/*.jpg "$work"/*.png "$out"
node "$here/print-worksheet.mjs" "$out/worksheet.pdf"

# The lake, painted in five stages that dissolve into each other, with a slow arpeggio.
paint() { # paint WIDTH HEIGHT FADE
  echo "[0]scale=$1:$2[a];[1]scale=$1:$2[b];[2]scale=$1:$2[c];[3]scale=$1:$2[d];[4]scale=$1:$2[e];
    [a][b]xfade=$3:duration=1.4:offset=0.8[ab];[ab][c]xfade=$3:duration=1.4:offset=2.4[abc];
    [abc][d]xfade=$3:duration=1.4:offset=4[abcd];[abcd][e]xfade=$3:duration=1.4:offset=5.6,fps=25,format=yuv420p[v]"
}
frames() { for n in 0 1 2 3 4; do printf -- '-loop 1 -t 8 -i %s ' "$work/frames/$n.png"; done; }
notes="0.16*sin(2*PI*t*(262*lt(mod(t\,2)\,0.5)+330*between(mod(t\,2)\,0.5\,0.999)+392*between(mod(t\,2)\,1\,1.499)+523*gte(mod(t\,2)\,1.5)))*exp(-3*mod(t\,0.5))"
x264="-c:v libx264 -profile:v main -level 3.1 -preset veryslow -pix_fmt yuv420p -g 50 -keyint_min 50 -sc_threshold 0"

# shellcheck disable=SC2046,SC2086
ff $(frames) -f lavfi -i "aevalsrc=$notes:s=44100:d=8" -filter_complex "$(paint 640 360 smoothright)" -map '[v]' -map 5:a \
  $x264 -crf 27 -c:a aac -b:a 64k -ac 1 -t 8 $bitexact -movflags +faststart "$out/lake.mp4"

# A short clip for the second video of a lesson: the camera drifts over the finished sheet.
# shellcheck disable=SC2086
ff -loop 1 -i "$work/frames/4.png" -f lavfi -i "aevalsrc=$notes:s=44100:d=4" \
  -filter_complex "[0]zoompan=z='1+0.0035*on':x='iw/2-(iw/zoom/2)+on*1.2':y='ih/2-(ih/zoom/2)':d=100:s=480x270:fps=25,format=yuv420p[v]" \
  -map '[v]' -map 1:a $x264 -crf 28 -c:a aac -b:a 48k -ac 1 -t 4 $bitexact -movflags +faststart "$out/drift.mp4"

# Clear HLS, two renditions.
hls() { # hls NAME SOURCE WIDTH HEIGHT CRF RENDITION [KEY_INFO]
  mkdir -p "$out/hls/$1/$6"
  # shellcheck disable=SC2086
  ff -i "$2" -vf "scale=$3:$4" $x264 -crf "$5" -c:a aac -b:a 48k -ac 1 $bitexact \
    -f hls -hls_time 2 -hls_playlist_type vod ${7:+-hls_key_info_file "$7"} \
    -hls_segment_filename "$out/hls/$1/$6/seg-%d.ts" "$out/hls/$1/$6/index.m3u8"
  # On the wire a segment is seg-0.ts; on disk that ending belongs to TypeScript.
  for segment in "$out/hls/$1/$6"/*.ts; do mv "$segment" "${segment%.ts}.mpegts"; done
}
master() { # master NAME
  printf '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-STREAM-INF:BANDWIDTH=420000,RESOLUTION=640x360,CODECS="avc1.4d401f,mp4a.40.2"\n360/index.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=190000,RESOLUTION=320x180,CODECS="avc1.4d401f,mp4a.40.2"\n180/index.m3u8\n' > "$out/hls/$1/master.m3u8"
}
hls lake "$out/lake.mp4" 640 360 28 360
hls lake "$out/lake.mp4" 320 180 30 180
master lake

# AES-128, one key a rendition: a pear that is painted from the edge inwards.
# shellcheck disable=SC2086
ff -loop 1 -t 6 -i "$work/frames/0.png" -loop 1 -t 6 -i "$out/pear.jpg" -f lavfi -i "aevalsrc=$notes:s=44100:d=6" \
  -filter_complex "[0]scale=640:360[a];[1]scale=-2:360,pad=640:360:(ow-iw)/2:0:color=0xfbf7ee,setsar=1[b];[a]setsar=1[aa];[aa][b]xfade=circleopen:duration=4:offset=0.6,fps=25,format=yuv420p[v]" \
  -map '[v]' -map 2:a $x264 -crf 27 -c:a aac -b:a 48k -ac 1 -t 6 $bitexact "$work/pear.mp4"
for rendition in 360 180; do
  printf 'courseport-key-%s!' "$rendition" | head -c 16 > "$work/$rendition.key"
  # ffmpeg writes the first line as the key's URI, relative to the playlist.
  printf 'key.bin\n%s\n0123456789abcdef0123456789abc%s\n' "$work/$rendition.key" "$rendition" > "$work/$rendition.info"
done
hls pear "$work/pear.mp4" 640 360 28 360 "$work/360.info"
hls pear "$work/pear.mp4" 320 180 30 180 "$work/180.info"
cp "$work/360.key" "$out/hls/pear/360/key.bin"
cp "$work/180.key" "$out/hls/pear/180/key.bin"
master pear

# Sound: a bell that says when a wash is dry.
bell="0.3*sin(2*PI*523*t)*exp(-1.6*mod(t\,2))+0.18*sin(2*PI*784*t)*exp(-2.2*mod(t\,2))+0.1*sin(2*PI*1318*t)*exp(-3.4*mod(t\,2))"
# shellcheck disable=SC2086
ff -f lavfi -i "aevalsrc=$bell:s=44100:d=6" -c:a libmp3lame -b:a 64k $bitexact "$out/drying-bell.mp3"

# Files to download.
printf 'item,size,quantity,remark\nCotton paper,300 g 24 x 32 cm,1 block,the one thing not to save on\nRound brush,No 10,1,"holds water, keeps its point"\nRound brush,No 4,1,for the last ten minutes\nFlat brush,25 mm,1,for skies\nPan colours,half pans,10,two of each primary and four earths\nMasking tape,20 mm,1,\nJam jars,,2,one for clean and one for dirty water\n' > "$out/shopping-list.csv"
mkdir "$work/sketches"
# shellcheck disable=SC2086
ff -i "$work/frames/0.png" -vf "scale=960:-1,format=gray" -q:v 6 $bitexact "$work/sketches/lake-outline.jpg"
printf 'Trace the outline with a soft pencil, or print it on watercolour paper.\n' > "$work/sketches/READ ME.txt"
find "$work/sketches" -exec touch -d '2026-01-01T00:00:00Z' {} +
(cd "$work" && zip -q -X -r "$out/sketches.zip" sketches)

# Not named .svg, so that no tool of the project takes it for a picture of ours.
cat > "$out/hostile-svg.txt" <<'SVG'
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40" onload="document.title='hostile svg ran'"><script>document.title='hostile svg ran'</script><a href="javascript:document.title='hostile svg ran'"><circle cx="20" cy="20" r="18" fill="#c0292f"/></a></svg>
SVG
: > "$out/empty.bin"
npx tsx "$here/make-studio.ts"
du -sh "$out"
