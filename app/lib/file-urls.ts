/** Shows the file where a browser can, else downloads it. */
export function fileUrl(fileId: string): string {
  return `/files/${fileId}`;
}

export function downloadUrl(fileId: string): string {
  return `${fileUrl(fileId)}?download`;
}
